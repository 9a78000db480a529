"""The Content-Security-Policy of the pages (https://www.w3.org/TR/CSP3/): their own files, and no other host."""


def content_security_policy(*, inline_styles: bool = False) -> str:
    """The value of the field.

    Args:
        inline_styles: whether style elements and attributes are allowed. GraphiQL's editor (monaco) places its lines
            by them and adds elements at run time; no nonce reaches these (microsoft/monaco-editor issue 271). Scripts
            stay limited to our own files.
    """
    style = "'self' 'unsafe-inline'" if inline_styles else "'self'"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src {style}",
            "connect-src 'self'",
            "worker-src 'self'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
