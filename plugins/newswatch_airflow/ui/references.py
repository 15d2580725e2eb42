"""Links in texts of ours: where they name the document about rules, to our page of it."""

from __future__ import annotations

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape


@pass_context
def linked(context: Context, text: str) -> Markup:
    """The text with its references as links. Plain text is escaped, HTML stays."""
    link = f'<a href="{context["base"]}/guide/rules#queries">docs/rules.md</a>'
    return Markup(str(escape(text)).replace("docs/rules.md", link))  # noqa: S704 - escaped
