"""The same request for other programs. The token is never in it: an environment variable stands for it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence

TOKEN = "MLOPS_SECRET_ENDPOINT_TOKEN"
"""The variable that the command line reads too."""
Rows = Sequence[Mapping[str, object]]


def curl(url: str, rows: Rows) -> str:
    body = json.dumps({"rows": list(rows)}, indent=2, ensure_ascii=False)
    quoted = "'" + body.replace("'", "'\\''") + "'"
    return (
        f"curl -s {url}/predict \\\n"
        f'  -H "Authorization: Bearer ${TOKEN}" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d {quoted}\n"
    )


def python(url: str, rows: Rows) -> str:
    return (
        "import json\n"
        "import os\n"
        "import urllib.request\n"
        "\n"
        f"rows = {_python_rows(rows)}\n"
        "request = urllib.request.Request(\n"
        f'    "{url}/predict",\n'
        '    data=json.dumps({"rows": rows}).encode(),\n'
        "    headers={\n"
        f'        "Authorization": "Bearer " + os.environ["{TOKEN}"],\n'
        '        "Content-Type": "application/json",\n'
        "    },\n"
        ")\n"
        "with urllib.request.urlopen(request) as response:\n"
        "    print(json.load(response))\n"
    )


def _python_rows(rows: Rows) -> str:
    lines = ["["]
    for row in rows:
        lines += ["    {", *(f"        {_literal(name)}: {_literal(value)}," for name, value in row.items()), "    },"]
    return "\n".join([*lines, "]"])


def _literal(value: object) -> str:
    """A literal; texts in double quotes, as Python is mostly written."""
    if not isinstance(value, str):
        return repr(value)
    try:
        value.encode()
    except UnicodeEncodeError:
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


def javascript(url: str, rows: Rows) -> str:
    body = json.dumps({"rows": list(rows)}, indent=2, ensure_ascii=False)
    return (
        "// Node.js 18 or newer, saved as ask.mjs.\n"
        "// Requests from web pages are refused.\n"
        f"const body = {body};\n"
        f'const response = await fetch("{url}/predict", {{\n'
        '  method: "POST",\n'
        "  headers: {\n"
        f"    Authorization: `Bearer ${{process.env.{TOKEN}}}`,\n"
        '    "Content-Type": "application/json",\n'
        "  },\n"
        "  body: JSON.stringify(body),\n"
        "});\n"
        "console.log(await response.json());\n"
    )


def command_line(endpoint: str, rows: Rows) -> str:
    """The command finds the token that is kept on this computer."""
    given = json.dumps(list(rows) if len(rows) != 1 else rows[0], indent=2, ensure_ascii=False)
    return f"mlops deployments predict {shlex.quote(endpoint)} \\\n  {shlex.quote(given)}\n"


def snippets(endpoint: str, url: str, rows: Rows, only_on: str = "") -> list[tuple[str, str, str]]:
    """(tab, language, code); `only_on` names the host that the address is one of alone.

    From here such an endpoint is asked by the command line, which goes through the host's connection: it comes first.
    """
    by_us = ("CLI", "shell", command_line(endpoint, rows))
    words = (f"Works on {only_on} itself: the address is its own.", "From elsewhere use the CLI.")
    sentences = words if only_on else ()
    codes = [
        ("curl", "shell", _noted("#", sentences) + curl(url, rows)),
        ("Python", "python", _noted("#", sentences) + python(url, rows)),
        ("JavaScript", "javascript", _noted("//", sentences) + javascript(url, rows)),
    ]
    return [by_us, *codes] if only_on else [*codes, by_us]


def _noted(mark: str, sentences: Sequence[str]) -> str:
    return "".join(f"{mark} {sentence}\n" for sentence in sentences)
