"""A mail each night: could every pool be failed over right now, and if not, why?

python3 readiness_mail.py lyncops.toml         prints the mail
python3 readiness_mail.py lyncops.toml --smtp mail.contoso.com --to lync@contoso.com

The exit code is 0 where all is ready, 2 where something is not, and 4 where nobody could say.
"""

from __future__ import annotations

import argparse
import smtplib
import sys
from collections.abc import Iterator
from email.message import EmailMessage

import lyncops

NOT_READY = lyncops.ReadinessVerdict.NOT_READY


def main() -> int:
    """Read, write the mail, send it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", help="the path of lyncops.toml")
    parser.add_argument(
        "--smtp", help="the mail server, host or host:port; without it the mail is printed"
    )
    parser.add_argument("--sender", default="lyncops@localhost")
    parser.add_argument("--to", action="append", default=[], help="a recipient; can be repeated")
    options = parser.parse_args()
    try:
        with lyncops.connect(options.config) as client:
            readiness = client.readiness()
    except lyncops.LyncOpsError as error:
        mail, code = mail_of("Lync recovery: nobody could say", str(error)), 4
    else:
        mail, code = mail_about(readiness), code_of(readiness)
    mail["From"], mail["To"] = options.sender, ", ".join(options.to) or options.sender
    if options.smtp:
        with smtplib.SMTP(options.smtp, timeout=60) as server:
            server.send_message(mail)
    else:
        print(f"Subject: {mail['Subject']}\n\n{mail.get_content()}")
    return code


def code_of(readiness: lyncops.Readiness) -> int:
    """What the exit code says."""
    if readiness.verdict is None:
        return 4
    return 2 if readiness.verdict is NOT_READY else 0


def mail_about(readiness: lyncops.Readiness) -> EmailMessage:
    """The verdict in the subject, the reasons below it."""
    verdict = readiness.verdict or "nobody could say"
    return mail_of(
        f"Lync recovery of {readiness.deployment}: {verdict}", "\n".join(lines(readiness))
    )


def lines(readiness: lyncops.Readiness) -> Iterator[str]:
    """What a person reads in the morning."""
    yield f"Read {readiness.read_at:%Y-%m-%d %H:%M} UTC."
    if readiness.unread is not None:
        yield f"{readiness.unread}"
    for pool in readiness.pools:
        yield f"\n{pool.pool} ({pool.life}): {pool.verdict}"
        for mode in pool.modes:
            yield f"  {mode.mode}: {mode.verdict}. Expected loss: {mode.expected_loss or 'none'}"
            for check in (*mode.obstacles, *mode.warnings):
                yield f"    {check.check_id}: {check.evidence} {check.remedy}"
        for check in pool.care:
            if check.verdict in (lyncops.Verdict.WARNING, lyncops.Verdict.FAILED):
                yield f"  {check.check_id}: {check.evidence} {check.remedy}"


def mail_of(subject: str, text: str) -> EmailMessage:
    """A mail without its addresses."""
    mail = EmailMessage()
    mail["Subject"] = subject
    mail.set_content(f"{text}\n")
    return mail


if __name__ == "__main__":
    sys.exit(main())
