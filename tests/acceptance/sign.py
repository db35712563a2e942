"""HTTP signatures made and checked independently of the server, with the openssl program.

draft-cavage-http-signatures-12 and RFC 9421, RSA v1.5 with SHA-256 in both.
`python3 sign.py` signs and verifies with itself.
"""

import base64
import email.utils
import hashlib
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.parse


def openssl(*args, stdin=b""):
    done = subprocess.run(["openssl", *args], input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        raise ValueError(f"openssl {' '.join(args)}: {done.stderr.decode()}")
    return done.stdout


class Key:
    """An RSA key pair in a temporary file that lives as long as this object."""

    def __init__(self, bits=2048):
        self._folder = tempfile.TemporaryDirectory(prefix="quadpub-key-")
        self._path = str(pathlib.Path(self._folder.name) / "key.pem")
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}",
                "-out", self._path)
        self.public_pem = openssl("pkey", "-in", self._path, "-pubout").decode()

    def sign(self, text):
        return base64.b64encode(
            openssl("dgst", "-sha256", "-sign", self._path, stdin=text.encode())).decode()


def verify(public_pem, text, signature):
    """True when `signature` (base64) over `text` was made with the key of `public_pem`."""
    with tempfile.TemporaryDirectory(prefix="quadpub-verify-") as folder:
        key, made = pathlib.Path(folder) / "key.pem", pathlib.Path(folder) / "signature"
        key.write_text(public_pem)
        made.write_bytes(base64.b64decode(signature))
        try:
            openssl("dgst", "-sha256", "-verify", str(key), "-signature", str(made),
                    stdin=text.encode())
            return True
        except ValueError:
            return False


def sha256_base64(body):
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def target_of(url):
    parts = urllib.parse.urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _cavage_text(covered, method, target, headers):
    lowered = {name.lower(): value for name, value in headers.items()}
    lines = []
    for name in covered:
        value = f"{method.lower()} {target}" if name == "(request-target)" else lowered[name]
        lines.append(f"{name}: {value}")
    return "\n".join(lines)


def cavage_headers(key, key_id, method, url, body=b"", *, date=None, algorithm="rsa-sha256",
                   covered=("(request-target)", "host", "date", "digest"), digest=None,
                   content_type="application/activity+json"):
    """The headers of a request signed as the fediverse does it. `algorithm=None` leaves it out."""
    headers = {"Host": urllib.parse.urlsplit(url).netloc,
               "Date": email.utils.formatdate(time.time() if date is None else date, usegmt=True)}
    if method == "POST":
        headers["Content-Type"] = content_type
    if "digest" in covered:
        headers["Digest"] = digest or "SHA-256=" + sha256_base64(body)
    signature = key.sign(_cavage_text(covered, method, target_of(url), headers))
    named = f'algorithm="{algorithm}",' if algorithm else ""
    headers["Signature"] = (f'keyId="{key_id}",{named}headers="{" ".join(covered)}",'
                            f'signature="{signature}"')
    return headers


def _rfc9421_text(covered, params, method, url, headers):
    lowered = {name.lower(): value for name, value in headers.items()}
    parts = urllib.parse.urlsplit(url)
    derived = {"@method": method, "@target-uri": url, "@authority": parts.netloc,
               "@path": parts.path or "/", "@query": "?" + parts.query, "@scheme": parts.scheme,
               "@request-target": target_of(url)}
    lines = [f'"{name}": {derived[name] if name in derived else lowered[name]}'
             for name in covered]
    return "\n".join([*lines, f'"@signature-params": {params}'])


def rfc9421_headers(key, key_id, method, url, body=b"", *, created=None,
                    covered=("@method", "@target-uri", "content-digest"), digest=None):
    headers = {"Content-Type": "application/activity+json"} if method == "POST" else {}
    if "content-digest" in covered:
        headers["Content-Digest"] = digest or f"sha-256=:{sha256_base64(body)}:"
    created = int(time.time() if created is None else created)
    names = " ".join(f'"{name}"' for name in covered)
    params = f'({names});created={created};keyid="{key_id}";alg="rsa-v1_5-sha256"'
    signature = key.sign(_rfc9421_text(covered, params, method, url, headers))
    headers["Signature-Input"] = f"sig1={params}"
    headers["Signature"] = f"sig1=:{signature}:"
    return headers


def key_id_of(headers):
    """The key that a received request says it is signed with, or None."""
    text = headers.get("Signature-Input") or headers.get("Signature") or ""
    found = re.search(r'key[iI]d="([^"]+)"', text)
    return found.group(1) if found else None


def covered_by(headers):
    """The components that a received signature covers."""
    if "Signature-Input" in headers:
        inside = re.search(r"\(([^)]*)\)", headers["Signature-Input"]).group(1)
        return re.findall(r'"([^"]+)"', inside)
    found = re.search(r'headers="([^"]+)"', headers.get("Signature", ""))
    return found.group(1).split() if found else []


def request_is_signed(public_pem, method, url, headers, body):
    """Checks a received request under either scheme, its body digest included."""
    covered = covered_by(headers)
    if "Signature-Input" in headers:
        label, params = headers["Signature-Input"].split("=", 1)
        signature = re.search(re.escape(label) + r"=:([^:]+):", headers["Signature"]).group(1)
        text = _rfc9421_text(covered, params, method, url, headers)
        digest_right = f":{sha256_base64(body)}:" in headers.get("Content-Digest", "")
        digest_covered = "content-digest" in covered
    else:
        signature = re.search(r'signature="([^"]+)"', headers["Signature"]).group(1)
        text = _cavage_text(covered, method, target_of(url), headers)
        digest_right = headers.get("Digest", "") == "SHA-256=" + sha256_base64(body)
        digest_covered = "digest" in covered
    return (verify(public_pem, text, signature)
            and (not body or (digest_right and digest_covered)))


def _self_test():
    key, url, body = Key(), "http://127.0.0.1:1/inbox?x=1", b'{"type": "Follow"}'
    for make in (cavage_headers, rfc9421_headers):
        headers = make(key, "http://127.0.0.1:2/users/bob#main-key", "POST", url, body)
        assert key_id_of(headers) == "http://127.0.0.1:2/users/bob#main-key"
        assert request_is_signed(key.public_pem, "POST", url, headers, body)
        assert not request_is_signed(key.public_pem, "POST", url, headers, body + b" ")
        assert not request_is_signed(key.public_pem, "POST", url + "y", headers, body)
        assert not request_is_signed(Key().public_pem, "POST", url, headers, body)


if __name__ == "__main__":
    _self_test()
    print("sign.py: signs and verifies")
