"""Texts that hold what looks like a secret, and texts that do not: what is taken out is the same in every room."""

from __future__ import annotations

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\nAAAAB\n-----END OPENSSH PRIVATE KEY-----"
TOKEN = "fJ3kQ0a-Zt_9xWv2LmNbC7dRsE8yUhGpO1iTq4wXz5K"
SECRET_TEXTS = [
    ("postgresql://ada:canary@db:5432/flights", "canary"),
    ("https://:canary@registry.example/v2/", "canary"),
    ("Authorization: Bearer canary-canary-canary", "canary"),
    ("Authorization: Bearer canary", "canary"),
    ("Proxy-Authorization: canary", "canary"),
    ("{'authorization': 'Basic Y2FuYXJ5OmNhbmFyeQ=='}", "Y2FuYXJ5"),
    ("it said\\nBearer canary-canary-canary", "canary"),
    ("password=canary, and more", "canary"),
    ("token=canary", "canary"),
    ('{"api_key": "canary of two words"}', "canary"),
    (r"{\"password\": \"two canary words\"}", "canary"),
    ("AWS_SECRET_ACCESS_KEY=canary", "canary"),
    ("--token canary --registry-password=canary2", "canary2"),
    (f"the key is\n{KEY}\nand that is all", "b3BlbnNzaC1rZXk"),
    ("unfinished -----BEGIN PRIVATE KEY-----\nMIIEvQ", "MIIEvQ"),
    (f"sent {TOKEN!r} to http://127.0.0.1:8080/", TOKEN),
    (f"[{TOKEN}]", TOKEN),
    (f"a line end that is two characters\\n{TOKEN}", TOKEN),
]
"""With what may not be left of each."""
HARMLESS = [
    "The endpoint's token is wrong",
    "/home/ada/.local/state/secrets.json: Permission denied",
    "http://127.0.0.1:8080/predict answered 500 for a@b.example",
    f"the manifest is another one: {'a1' * 32} instead of {'b2' * 32}",
    "Basic authentication is needed",
    "model flight-late@v3 with HistGradientBoostingClassifier on 12,345 rows",
]
COSTLY_PARTS = [
    "token",
    "secret=",
    "://a:",
    "bearer ",
    "authorization:",
    "-----BEGIN PRIVATE KEY-----",
    "aB1-",
    'password="',
    "token\\",
]
"""Repeated many times they would need hours with expressions that look ahead without end."""
