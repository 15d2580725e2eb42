"""Small edits of a query's text by the places of its nodes. The caller checks that the result can be read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newswatch.rules.nodes import And, Edge, ListTerm, Near, Node, Not, Or, Phrase, Query, Scoped


def walk(node: Node, *, negated: bool = False) -> Iterator[tuple[Node, bool]]:
    """Every node below and including this one, each with whether it is below NOT."""
    yield node, negated
    match node:
        case And() | Or():
            children: Sequence[Node] = node.children
        case Near():
            children = (node.left, node.right)
        case Scoped() | Edge() | Not():
            children = (node.child,)
        case _:
            children = ()
    for child in children:
        yield from walk(child, negated=negated or isinstance(node, Not))


def written(query: Query, node: Node) -> str:
    """A node as the editor wrote it."""
    return query.text[node.start : node.end]


def without_child(query: Query, parent: And | Or, number: int) -> str:
    """The query without one branch of OR, or one term of AND."""
    children = parent.children
    if len(children) == 2:
        left = children[1 - number]
        if isinstance(left, Phrase | ListTerm) or not _is_bracketed(parent):
            return replaced(query.text, parent, written(query, left))
    if number:
        start, end = children[number - 1].end, children[number].end
    else:
        start, end = children[0].start, children[1].start
    return query.text[:start] + query.text[end:]


def with_alternative(query: Query, node: Node, term: str) -> str:
    """The query with `term` as an alternative to one of its nodes."""
    if isinstance(node, Or):
        at = node.children[-1].end
        return f"{query.text[:at]} OR {term}{query.text[at:]}"
    return replaced(query.text, node, f"({written(query, node)} OR {term})")


def with_exclusion(query: Query, term: str) -> str:
    """The query AND NOT `term`, in the last NOT that it has at its end."""
    root = query.root
    if isinstance(root, And) and isinstance(root.children[-1], Not) and root.end == root.children[-1].end:
        return with_alternative(query, root.children[-1].child, term)
    return f"{_as_operand(query)} AND NOT {term}"


def with_required(query: Query, term: str) -> str:
    """The query AND `term`."""
    return f"{_as_operand(query)} AND {term}"


def _as_operand(query: Query) -> str:
    """The query as AND takes it."""
    text, root = query.text.rstrip(), query.root
    return f"({text})" if isinstance(root, Or) and not _is_bracketed(root) else text


def _is_bracketed(node: And | Or) -> bool:
    """Whether its place includes brackets of its own, and not only those of its first term."""
    return node.children[0].start > node.start


def with_forms(query: Query, node: Phrase, forms: Sequence[str]) -> str:
    """The query with exact forms in place of a phrase."""
    return replaced(query.text, node, forms[0] if len(forms) == 1 else f"({' OR '.join(forms)})")


def replaced(text: str, node: Node, new: str) -> str:
    """The query's text with other words in place of a node."""
    return text[: node.start] + new + text[node.end :]
