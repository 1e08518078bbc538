"""HTML mail as the text a person sees: no styles, scripts, comments or hidden parts; blocks become lines."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_HTML = 2_000_000
_META = re.compile(rb"<meta[^>]{0,300}charset\s{0,3}=\s{0,3}[\"']?([\w-]{1,40})", re.IGNORECASE)
_DROPPED = (
    "style,script,head,title,template,noscript,blockquote,.gmail_quote,.gmail_extra,.yahoo_quoted,.moz-cite-prefix"
)
_BLOCKS = "p,div,tr,li,h1,h2,h3,h4,h5,h6,table,ul,ol,dl,dt,dd,section,article,header,footer,pre,hr"
_HIDDEN = re.compile(
    r"display\s{0,3}:\s{0,3}none|font-size\s{0,3}:\s{0,3}0|visibility\s{0,3}:\s{0,3}hidden", re.IGNORECASE
)
_MARK = "\x1f"


def html_to_text(html: str, *, keep_quotes: bool = False) -> str:
    """The visible text. Quoted parts are left out unless asked for."""
    tree = LexborHTMLParser(html[:MAX_HTML].replace("\x00", "").replace("\t", " ").replace(_MARK, " "))
    dropped = _DROPPED.partition(",blockquote")[0] if keep_quotes else _DROPPED
    for node in tree.css(dropped):
        node.decompose()
    for node in tree.css("[style]"):
        if _HIDDEN.search(node.attributes.get("style") or ""):
            node.decompose()
    root = tree.body or tree.root
    return _lines(root) if root is not None else ""


def _lines(root: LexborNode) -> str:
    """Text in reading order; table cells are kept apart by a tab, so `label<tab>value` can be told."""
    for node in root.css("br"):
        node.replace_with(_MARK)
    for node in root.css("td,th"):
        node.insert_before("\t")
    for node in root.css(_BLOCKS):
        node.insert_before(_MARK)
        node.insert_after(_MARK)
    text = root.text(deep=True).replace("\xa0", " ").replace("\n", " ").replace("\r", " ")
    lines = []
    for line in text.split(_MARK):
        cells = [" ".join(cell.split()) for cell in line.split("\t")]
        lines.append("\t".join([cell for cell in cells if cell]))
    return "\n".join([line for line in lines if line])


def meta_charset(raw: bytes) -> str | None:
    """The charset that the page itself names."""
    found = _META.search(raw[:4096])
    return found[1].decode("ascii") if found else None
