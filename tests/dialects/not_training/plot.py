import matplotlib.pyplot as plt

learning_rates = [1e-7, 1e-6]
batch_size = 16
epochs = 3
plt.plot(learning_rates, [0.6, 0.4])
