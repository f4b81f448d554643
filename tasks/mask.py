"""Blanks out what has no language (code, formulas, links, names, glosses) and leaves every other character in place."""

import re
from collections.abc import Iterable
from string import ascii_lowercase

import regex

from tasks.lexicon import FUNCTION_WORDS, word_list

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}\p{N}'’-]*")
_LATIN_LETTER = regex.compile(r"\p{Latin}")
_CAPITAL = regex.compile(r"\p{Lu}|\p{N}")

_EXTENSIONS = (
    "py|js|ts|jsx|tsx|java|cpp|cc|hpp|cs|go|rs|rb|php|swift|kt|sh|bat|exe|dll|so|json|ya?ml|toml|ini|cfg|conf|xml|"
    "html?|css|scss|md|txt|csv|tsv|xlsx?|docx?|pptx?|pdf|png|jpe?g|gif|svg|mp[34]|zip|tar|gz|sql|db|log|ipynb|env"
)
_FILE = rf"(?<![\w.])[A-Za-z][\w-]*(?:\.[\w-]+)*\.(?:{_EXTENSIONS}|com|org|net|io|edu|gov)\b(?:/[\x21-\x7e]*)?"
_COMMAND = (
    r"\b(?:sudo +)?(?:pip3? +(?:install|uninstall|freeze|list|show)|npm +(?:install|run|start|test|init|i)|npx|"
    r"yarn +(?:add|install|run)|git +(?:clone|commit|push|pull|add|checkout|merge|rebase|status|log|branch|init|fetch)|"
    r"docker(?:-compose)? +(?:run|build|pull|push|exec|ps|up|down|compose)|kubectl +\w+|brew +install|cargo +\w+|"
    r"apt(?:-get)? +(?:install|update|upgrade|remove)|conda +(?:install|create|activate)|uv +(?:sync|add|run|pip)|"
    r"curl|wget|mkdir|chmod|chown|ssh|scp|rsync|systemctl +\w+|python3? +-?\w)(?: +[\w@./:=+\"'~-]+){0,6}"
)
# Whole lines: blocks, imports, statements, assignments, what ends like a statement, closing brackets.
_CODE_LINE = (
    r"^[ \t>]*(?:(?:def|class) +\w+.*:|(?:import|from) +[\w.]+(?: +(?:import|as) .*)?|"
    r"(?:for|while|if|elif|with|try|else)\b[^\n]*:|"
    r"(?:const|let|var|public|private|static|return|print|echo|printf|console|System|#include)\b"
    r"(?=[^\n]*[;(){}=<+*])[\x20-\x7e]*|"
    r"[\w.\[\]\"']+ *[-+*/]?= *[\x21-\x7e][\x20-\x7e]*|(?=[^\n]*[(=<])[\x20-\x7e]*[;{}]|[{}\[\]();, ]+) *$"
)
_DISPLAY = r"\$\$.{1,2000}?\$\$|\\\[.{1,2000}?\\\]|\\begin\{(\w+\*?)\}.{0,2000}?\\end\{\1\}"
# A call, but no prose in a bracket that follows a word without a space: no three words in a row.
_CALL = r"\b[A-Za-z_][\w.]*\((?:[\"'][^\"'\n()]*[\"']|(?![^()\n]*[a-z] [a-z]+ [a-z]))[\x20-\x27\x2a-\x7e]*\)"
_COMMANDS = word_list("shell_commands")

# (one of these in the text, what it is then worth looking for). Order matters: code may hold anything else.
_PATTERNS = tuple(
    (gates, regex.compile(pattern, regex.MULTILINE | flags))
    for gates, pattern, flags in (
        (("```", "~~~"), r"(```|~~~).*?(?:\1|\Z)", regex.DOTALL),
        (("`",), r"`[^`\n]+`", 0),
        (("$$", "\\[", "\\begin"), _DISPLAY, regex.DOTALL),
        (("$",), r"(?<![\\\w$])\$(?=[^\s$])[^$\n]{1,300}(?<=[^\s\\])\$(?!\d)", 0),
        (("\\",), r"\\\(.{1,500}?\\\)|\\[A-Za-z]+\*?(?:\[[^\]\n]*\])?(?:\{(?:[^{}\n]|\{[^{}\n]*\})*\})*", 0),
        (("://", "www."), r"(?:\b[a-z]+://|\bwww\.)[\x21-\x7e]+", regex.IGNORECASE),
        (("@",), r"[\w.+-]*@[A-Za-z][\w.-]*", 0),
        (("#",), r"#\p{L}[\p{L}\p{M}\p{N}_]*", 0),
        (("<",), r"</?[A-Za-z!][^<>\n]{0,200}>", 0),
        (("nswer", "NSWER"), r"\b(?:the +)?(?:final +|correct +)?answer *[:：]", regex.IGNORECASE),
        (('":', '" :'), r"\"[A-Za-z_][\w .-]*\" *:", 0),
        (("{", "["), r"\b(?:true|false|null|None|True|False)\b(?= *[,}\]])", 0),
        (("=", "(", ";", "{", "}", ":", "import"), _CODE_LINE, 0),
        (("SELECT", "INSERT", "UPDATE", "CREATE"), r"\b(?:SELECT|INSERT INTO|UPDATE|CREATE)\b[\x20-\x7e]*", 0),
        (("_",), r"\b[A-Za-z]\w*_[A-Za-z0-9_]+\b", 0),
        (tuple(f".{letter}" for letter in ascii_lowercase), _FILE, 0),
        (("(",), _CALL, 0),
        (("/", "~"), r"(?<![\w/])~?/[A-Za-z][\w.-]*(?:/[\w.-]+)+", 0),
        ((" -",), r"(?<=\s)--?[A-Za-z][\w-]*(?:=\S+)?", 0),
        (tuple(sorted(_COMMANDS)), _COMMAND, 0),
    )
)
# No pattern can match a text that has none of these and no word of `_STARTS`; most prose has none.
_TRIGGER = re.compile(r"[`$\\@#<>{}\[\](=_/~;\"“”„«»‹›「」『』《》【】（]")
_OTHER_TRIGGERS = (
    (".", re.compile(r"\.[A-Za-z]")),
    (" -", re.compile(r" -[-A-Za-z]")),
    ("nswer", re.compile("answer", re.IGNORECASE)),
    ("NSWER", re.compile("ANSWER")),
    ("'", re.compile(r"(?<![^\W\d_])'")),
    ("‘", re.compile("‘")),
)
_STARTS = _COMMANDS | set(("import", "from", "for", "while", "if", "elif", "with", "try", "else", "SELECT", "UPDATE"))
_GLOSS = regex.compile(r"[(（\[【][^()（）\[\]【】\n]{1,120}[)）\]】]")
_QUOTED = regex.compile(
    r"[\"“”„][^\"“”„\n]{1,120}[\"“”]|[«‹][^«»‹›\n]{1,120}[»›]|「[^「」\n]{1,120}」|『[^『』\n]{1,120}』|《[^《》\n]{1,120}》|"
    r"(?<![\p{L}\p{N}])[‘'][^'‘’\n]{1,80}[’'](?!\p{L})"
)
_CAPITALISED = regex.compile(
    r"\p{Lu}[\p{L}\p{M}\p{N}'’-]*(?: (?:of|the|and|in|for|de|la|&|\p{Lu}[\p{L}\p{M}\p{N}'’-]*))*"
)
_LATIN_RUN = regex.compile(r"\p{Latin}(?:[^[\p{L}--\p{Latin}]\n]*\p{Latin})?", flags=regex.V1)
_BRACKETS = tuple("([（【")
_QUOTES = tuple("\"“„«‹「『《‘'")


def mask(text: str, own_scripts: str) -> str:
    """The text with a space for every character of what has no language; newlines stay, so that every span survives.

    `own_scripts` is a regex class of the letters of the answer's language ("[\\p{Thai}]"): a quotation or bracket that
    holds such letters is part of the text, unless that script is Latin.
    """
    if not _may_match(text):
        return text
    for gates, pattern in _PATTERNS:
        for gate in gates:
            if gate in text:
                text = pattern.sub(_blank, text)
                break
    if any(bracket in text for bracket in _BRACKETS):
        text = _GLOSS.sub(lambda found: _blank(found) if _is_gloss(found.group(), own_scripts) else found.group(), text)
    if any(quote in text for quote in _QUOTES):
        text = _QUOTED.sub(
            lambda found: _blank(found) if _is_title(found.group(), own_scripts) else found.group(), text
        )
    return text


def _may_match(text: str) -> bool:
    if _TRIGGER.search(text) or not _STARTS.isdisjoint(text.split()):
        return True
    return any(sign in text and trigger.search(text) for sign, trigger in _OTHER_TRIGGERS)


def _blank(found: "regex.Match[str]") -> str:
    return "".join("\n" if character == "\n" else " " for character in found.group())


def _has_own(text: str, own_scripts: str) -> bool:
    return own_scripts != r"[\p{Latin}]" and regex.search(own_scripts, text) is not None


def _is_gloss(bracket: str, own_scripts: str) -> bool:
    """A term given in another language: at most six words, at most one of them a function word."""
    if _has_own(bracket, own_scripts):
        return False
    words = _WORD.findall(bracket)
    return len(words) <= 6 and sum(word.lower() in FUNCTION_WORDS for word in words) <= 1


def _is_title(quotation: str, own_scripts: str) -> bool:
    """A name or title: all words capitalised but function words; or a short mention in a script of its own."""
    if _has_own(quotation, own_scripts):
        return False
    words = _WORD.findall(quotation)
    if not words or not _LATIN_LETTER.search(quotation):
        return len(quotation) <= 22
    plain = [word for word in words if not _CAPITAL.match(word)]
    return len(plain) < len(words) and all(word.lower() in FUNCTION_WORDS for word in plain)


def allowed_terms(texts: Iterable[str], own_scripts: str) -> tuple[str, ...]:
    """The terms that an answer may take over from its prompt and reference, the longest first.

    A text of up to eight words is a term itself; of a longer one its quotations, its capitalised words in a row and,
    where the language has a script of its own and the text uses it, every run of Latin words.
    """
    terms: set[str] = set()
    for text in texts:
        short = text.strip()
        if len(short.split()) <= 8 and _LATIN_LETTER.search(short):
            terms |= {short, short[:1].upper() + short[1:]}
        patterns = [_CAPITALISED, _QUOTED]
        if _has_own(text, own_scripts):
            patterns.append(_LATIN_RUN)
        terms.update(found.strip(" \"'“”„«»") for pattern in patterns for found in pattern.findall(text))
    return tuple(sorted((term for term in terms if len(term) > 1), key=lambda term: (-len(term), term)))


def mask_terms(text: str, terms: Iterable[str]) -> str:
    """The text with every whole-word occurrence of the terms, as they are written, blanked out."""
    for term in terms:
        start = text.find(term)
        while start >= 0:
            end = start + len(term)
            if not _inside_word(text, start, end):
                text = text[:start] + " " * len(term) + text[end:]
            start = text.find(term, end)
    return text


def _inside_word(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return bool(_LATIN_LETTER.match(before) or _LATIN_LETTER.match(after))
