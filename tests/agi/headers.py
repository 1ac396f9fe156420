"""Header blocks as Asterisk 22 sends them."""

HEAD = b"""\
agi_network: yes
agi_network_script: screen
agi_request: agi://127.0.0.1/screen
agi_channel: PJSIP/trunk-0000002a
agi_language: zh
agi_type: PJSIP
agi_uniqueid: 1700000000.42
agi_version: 22.10.1
"""


def header(
    caller: bytes = b"13800138000",
    *,
    name: bytes = b"unknown",
    pres: bytes = b"0",
    dnid: bytes = b"02112345678",
    rdnis: bytes = b"unknown",
    script: bytes = b"screen",
    args: tuple[bytes, ...] = (b"02112345678",),
) -> bytes:
    tail = b"""\
agi_callerid: %s
agi_calleridname: %s
agi_callingpres: %s
agi_callingani2: 0
agi_callington: 0
agi_callingtns: 0
agi_dnid: %s
agi_rdnis: %s
agi_context: from-trunk
agi_extension: s
agi_priority: 3
agi_enhanced: 0.0
agi_accountcode: \n\
agi_threadid: 140213
""" % (caller, name, pres, dnid, rdnis)
    arguments = b"".join(b"agi_arg_%d: %s\n" % (at, arg) for at, arg in enumerate(args, 1))
    return HEAD.replace(b"script: screen", b"script: " + script) + tail + arguments + b"\n"
