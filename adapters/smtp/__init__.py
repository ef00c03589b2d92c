"""Letters to the owner through a mail server (SMTP, RFC 5321)."""
