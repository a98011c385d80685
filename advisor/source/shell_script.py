"""The commands that a shell script runs, with their variables filled in as far as the script itself tells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from advisor.source.document import Comment, Span
from advisor.source.limits import DEPTH, too_deep_at
from advisor.source.shell_pieces import Variable, Word, appended, bounded, resplit
from advisor.source.shell_words import Expander

if TYPE_CHECKING:
    from tree_sitter import Node

_CONDITIONAL = frozenset({"if_statement", "case_statement", "while_statement", "elif_clause", "else_clause", "case_item"})
_ASSIGNMENTS = frozenset({"variable_assignment", "variable_assignments"})
_BACKGROUND = re.compile(r"[ \t]*&(?!&)")
_LINE_END = re.compile(r"(?<!\\)\n")
_INLINE_COMMENT = re.compile(r"`[ \t]*#[^`\n]*`")
"""A command substitution that runs a comment, as people write between the lines of one command."""
_COMMAND_OPTION = re.compile(r"-\w*c")
_INTERPRETERS = frozenset({"bash", "sh", "zsh"})


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it would run: its environment, and its words from the program's name on."""

    environment: tuple[tuple[str, Span, Word | None], ...]
    words: tuple[Word, ...]
    background: bool
    start: int


FLAWED = "this is no shell syntax that can be followed; values near it may be missed"


@dataclass(slots=True)
class Script:
    commands: list[Command] = field(default_factory=list)
    exports: dict[str, tuple[Span, Word | None]] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)


def read_script(path: str, text: str) -> Script:
    """Walks a script in the order in which it runs; bodies of functions come last. Raises InputError (too-large) for nesting."""
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    # One byte a character, so that the parser's offsets are ours; a carriage return would hide the backslash that continues a line.
    source = text.replace("\\\r\n", " \\\n").replace("\r\n", " \n")
    source = _INLINE_COMMENT.sub(lambda match: " " * len(match[0]), source)
    encoded = source.encode("ascii", "replace")
    tree = Parser(Language(tree_sitter_bash.language())).parse(encoded)
    walk = _Walk(path, source)
    walk.statement(tree.root_node, False, 1)
    walk.functions()
    if tree.root_node.has_error:
        walk.script.warnings.append((_error_offset(tree.root_node), FLAWED))
    walk.script.warnings += [(offset, 'the caller may add or change arguments ("$@")') for offset in sorted(walk.expander.passes_arguments)]
    return walk.script


class _Walk:
    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.script = Script()
        self.expander = Expander(text)
        self.bodies: list[tuple[Node, int]] = []

    def functions(self) -> None:
        while self.bodies:
            body, depth = self.bodies.pop(0)
            self.statement(body, False, depth)

    def statement(self, node: Node, conditional: bool, depth: int) -> None:
        if depth > DEPTH:
            raise too_deep_at(self.path, self.text, node.start_byte)
        kind = node.type
        if kind == "comment":
            self._comment(node)
        elif kind in _ASSIGNMENTS:
            for assignment in [node] if kind == "variable_assignment" else node.named_children:
                self._assignment(assignment, conditional)
        elif kind == "declaration_command":
            self._declaration(node, conditional)
        elif kind == "command":
            self._command(node, node.end_byte, conditional)
        elif kind == "function_definition":
            body = node.child_by_field_name("body")
            if body is not None:
                self.bodies.append((body, depth + 1))
        elif kind == "redirected_statement":
            self._redirected(node, conditional, depth)
        else:
            if kind == "for_statement":
                self._loop(node)
            for index, child in enumerate(node.named_children):
                self.statement(child, conditional or kind in _CONDITIONAL or (kind == "list" and index > 0), depth + 1)

    def _comment(self, node: Node) -> None:
        start, end = node.start_byte, node.start_byte + len(self.text[node.start_byte : node.end_byte].rstrip())
        self.script.comments.append(Comment(Span(start, end), self.text[start:end]))

    def _assignment(self, node: Node, conditional: bool, exported: bool = False) -> None:
        name_node, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name_node is None or name_node.type != "variable_name":
            return
        name = self.text[name_node.start_byte : name_node.end_byte]
        start = value.start_byte if value is not None else node.end_byte
        if value is not None and value.type == "array":
            words = tuple(self.expander.words(start + 1, node.end_byte - 1))
            variable = bounded(Variable(words=words))
            for child in value.named_children:
                if child.type == "comment":
                    self._comment(child)
        else:
            variable = self.expander.value(start, node.end_byte)
            words = (Word(variable.pieces, start, node.end_byte),) if variable.pieces else ()
        self._set(name, variable, conditional, append="+=" in self.text[name_node.end_byte : start])
        if exported:
            self.script.exports[name] = (Span(name_node.start_byte, name_node.end_byte), words[0] if words else None)

    def _set(self, name: str, variable: Variable, conditional: bool, append: bool) -> None:
        known = self.expander.variables.get(name)
        if append and known is not None and not conditional:
            variable = appended(known, variable)
        elif conditional:
            defaults = tuple(piece._replace(default=True) for piece in variable.pieces)
            certain = known is None and not append
            variable = variable._replace(pieces=defaults) if certain else Variable(reason=f"{name} is set under a condition")
        self.expander.variables[name] = variable

    def _declaration(self, node: Node, conditional: bool) -> None:
        exported = self.text.startswith("export", node.start_byte)
        for child in node.named_children:
            if child.type == "variable_assignment":
                self._assignment(child, conditional, exported)
            elif exported and child.type == "variable_name":
                name = self.text[child.start_byte : child.end_byte]
                known = self.expander.variables.get(name)
                if known is not None and known.pieces:
                    word = Word(tuple(piece._replace(variable=True) for piece in known.pieces), child.start_byte, child.end_byte)
                    self.script.exports[name] = (Span(child.start_byte, child.end_byte), word)

    def _loop(self, node: Node) -> None:
        variable = node.child_by_field_name("variable")
        values = node.children_by_field_name("value")
        if variable is None:
            return
        name = self.text[variable.start_byte : variable.end_byte]
        words = [word for value in values for word in self.expander.words(value.start_byte, value.end_byte)]
        if len(words) == 1 and words[0].reason is None:
            self.expander.variables[name] = Variable(words[0].pieces)
        else:
            self.expander.variables[name] = Variable(reason=f"the loop variable {name}")

    def _redirected(self, node: Node, conditional: bool, depth: int) -> None:
        body = node.child_by_field_name("body")
        heredoc = next((child for child in node.children if child.type == "heredoc_redirect"), None)
        if body is None or heredoc is None or body.type != "command" or not self.text.startswith("read", body.start_byte):
            if body is not None and body.type == "command":
                # Arguments may follow the target of a redirection.
                self._command(body, node.end_byte if heredoc is None else heredoc.start_byte, conditional)
            elif body is not None:
                self.statement(body, conditional, depth + 1)
            return
        names = [word.text for word in self.expander.words(body.start_byte, body.end_byte)]
        content = next((child for child in heredoc.children if child.type == "heredoc_body"), None)
        if content is not None and names:
            words = tuple(self.expander.words(content.start_byte, content.end_byte))
            self._set(names[-1], bounded(Variable(words=words, unfolds=True)), conditional, append=False)

    def _command(self, node: Node, end: int, conditional: bool) -> None:
        name = node.child_by_field_name("name")
        if name is None:
            return
        environment = []
        for child in node.named_children:
            variable = child.child_by_field_name("name") if child.type == "variable_assignment" else None
            if variable is not None and _LINE_END.search(self.text, child.end_byte, name.start_byte):
                # The grammar takes `A=1 B=2` and the command on the line below for one command.
                self._assignment(child, conditional)
            elif variable is not None:
                value = child.child_by_field_name("value")
                words = self.expander.words(value.start_byte, child.end_byte, split=False) if value is not None else []
                span = Span(variable.start_byte, variable.end_byte)
                environment.append((self.text[span.start : span.end], span, words[0] if words else None))
        words = self._words(name.start_byte, end)
        if words:
            self._note(words, node.start_byte)
            background = _BACKGROUND.match(self.text, end) is not None
            self.script.commands.append(Command(tuple(environment), tuple(words), background, node.start_byte))

    def _words(self, start: int, end: int) -> list[Word]:
        """The words of a command. One that is built as text (`eval`, `bash -c`, a variable that holds a command) is taken apart."""
        words = [word for word in self.expander.words(start, end) if word.text.strip() or word.pieces[0].quoted]
        if words and words[0].text == "eval":
            return list(resplit(words[1:]))
        for index in range(len(words) - 2):
            # `srun bash -c "..."` as well as `bash -c "..."`: the last of the commands in the text is the one that was prepared for.
            if words[index].text.rpartition("/")[2] in _INTERPRETERS and _COMMAND_OPTION.fullmatch(words[index + 1].text):
                inner = list(resplit(words[index + 2 : index + 3]))
                ends = [at for at, word in enumerate(inner[:-1]) if word.text in ("&&", ";", "||")]
                return inner[ends[-1] + 1 :] if ends else inner
        return words

    def _note(self, words: list[Word], start: int) -> None:
        program = words[0].text
        if program.startswith("--") or re.match(r"[\w+~-]+(?:\.\w+)+=", program):
            before = self.text[:start].rstrip()
            line = before[before.rfind("\n") + 1 :].lstrip()
            cause = "the comment above it ends the command" if line.startswith("#") else "the line above it does not continue the command"
            self.script.warnings.append((start, f"{program} and what follows is not passed to the program: {cause}"))
        elif program in ("source", ".") and len(words) > 1:
            self.script.warnings.append((start, f"what {self.text[words[1].start : words[1].end]} sets is not read"))


def _error_offset(node: Node) -> int:
    while True:
        child = next((child for child in node.children if child.has_error or child.is_error or child.is_missing), None)
        if child is None or node.is_error:
            return node.start_byte
        node = child
