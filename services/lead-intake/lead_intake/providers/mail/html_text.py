"""HTML mail as the text a person sees: no styles, scripts, comments or hidden parts; blocks become lines."""

import html
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_HTML = 1_000_000
MAX_DEPTH = 500
_META = re.compile(rb"<meta[^>]{0,300}charset\s{0,3}=\s{0,3}[\"']?([\w-]{1,40})", re.IGNORECASE)
_UNSEEN = "style,script,head,title,template,noscript"
_QUOTES = (
    "blockquote,.gmail_quote,.gmail_quote_container,.gmail_extra,.yahoo_quoted,.moz-cite-prefix,.protonmail_quote,"
    ".tutanota_quote,.yandex_quote"
)
_BLOCKS = "p,div,tr,li,h1,h2,h3,h4,h5,h6,table,ul,ol,dl,dt,dd,section,article,header,footer,pre,hr"
_HIDDEN = re.compile(
    r"display\s{0,3}:\s{0,3}none|font-size\s{0,3}:\s{0,3}0|visibility\s{0,3}:\s{0,3}hidden", re.IGNORECASE
)
_MARK = "\x1f"
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
_SHALLOW = frozenset("br hr img input meta link area base col embed source track wbr p li dt dd option".split())


def html_to_text(source: str, *, quotes: bool = False) -> str:
    """The visible text, without quoted parts unless these are wanted."""
    source = source[:MAX_HTML].replace("\x00", "").replace("\t", " ").replace(_MARK, " ")
    if _depth(source) > MAX_DEPTH:
        return _tidy(html.unescape(_ANY_TAG.sub(_MARK, source)))
    tree = LexborHTMLParser(source)
    for node in tree.css(_UNSEEN if quotes else f"{_UNSEEN},{_QUOTES}"):
        node.decompose()
    for node in tree.css("[style]"):
        if _HIDDEN.search(node.attributes.get("style") or ""):
            node.decompose()
    root = tree.body or tree.root
    return _lines(root) if root is not None else ""


def _depth(source: str) -> int:
    """How deep the tags nest at most. A parser's work grows with its square, so what no mailer writes is not parsed."""
    open_tags: dict[str, int] = {}
    depth = deepest = 0
    for closing, tag in _TAG.findall(source):
        name = tag.lower()
        if not closing and name not in _SHALLOW:
            open_tags[name] = open_tags.get(name, 0) + 1
            depth += 1
            deepest = max(deepest, depth)
        elif open_tags.get(name):
            open_tags[name] -= 1
            depth -= 1
    return deepest


def _lines(root: LexborNode) -> str:
    """Text in reading order; table cells are kept apart by a tab, so `label<tab>value` can be told."""
    for node in root.css("br"):
        node.replace_with(_MARK)
    for node in root.css("td,th"):
        node.insert_before("\t")
    for node in root.css(_BLOCKS):
        node.insert_before(_MARK)
        node.insert_after(_MARK)
    return _tidy(root.text(deep=True))


def _tidy(text: str) -> str:
    lines = []
    text = text.replace("\xa0", " ").replace("\n", " ").replace("\r", " ")
    for line in text.split(_MARK):
        cells = [" ".join(cell.split()) for cell in line.split("\t")]
        lines.append("\t".join([cell for cell in cells if cell]))
    return "\n".join([line for line in lines if line])


def meta_charset(raw: bytes) -> str | None:
    """The charset that the page itself names."""
    found = _META.search(raw[:4096])
    return found[1].decode("ascii") if found else None
