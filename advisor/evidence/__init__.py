"""What others published: training recipes, and how often each rule fires on published configurations."""
