"""Debian's Kamailio as the proxy of the media tests: registrar without passwords, browsers over WSS, a relay driven by its rtpengine module."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import pathlib
import socket
import subprocess

from support import Failure, free_port, wait_until
from web_server import WebServer, certificate

CONFIGURATION = """#!KAMAILIO
debug=2
log_stderror=yes
children=2
tcp_children=2
enable_tls=yes
tcp_accept_no_cl=yes
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
listen=tls:127.0.0.1:{tls_port}
loadmodule "tls.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "nathelper.so"
loadmodule "sdpops.so"
loadmodule "xhttp.so"
loadmodule "websocket.so"
loadmodule "rtpengine.so"
modparam("tls", "private_key", "{key}")
modparam("tls", "certificate", "{certificate}")
modparam("tls", "tls_method", "TLSv1.2+")
modparam("usrloc", "db_mode", 0)
modparam("nathelper|registrar", "received_avp", "$avp(received)")
modparam("rtpengine", "extra_id_pv", "$avp(extra_id)")
modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:{ng_port}")

# What each kind of party is told, whoever wrote the description.
#!define TO_BROWSER "replace-origin replace-session-connection trust-address via-branch=extra rtcp-mux-offer generate-mid DTLS=passive SDES-off ICE=force RTP/SAVPF"
#!define TO_PHONE "replace-origin replace-session-connection trust-address via-branch=extra rtcp-mux-demux DTLS=off DTLS-reverse=passive SDES-off ICE=remove RTP/AVP"

request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    force_rport();
    if ($proto =~ "ws") add_contact_alias();
    if (is_method("REGISTER")) {{
        if ($proto =~ "ws") fix_nated_register();
        if (!save("location")) sl_reply_error();
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    if (has_totag()) {{
        if (!loose_route()) {{
            if (is_method("ACK") && t_check_trans()) t_relay();
            exit;
        }}
        handle_ruri_alias();
        if (is_method("BYE")) rtpengine_delete();
        if (is_method("INVITE")) route(MEDIA);
        if (!t_relay()) sl_reply_error();
        exit;
    }}
    record_route();
    if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
    if (is_method("INVITE")) {{
        t_on_failure("FAILED");
        route(MEDIA);
    }}
    if (!t_relay()) sl_reply_error();
}}

route[MEDIA] {{
    t_on_reply("ANSWERED");
    $avp(extra_id) = $ci;  # what via-branch=extra sends; no forks here
    $avp(caller_in_browser) = 0;
    if ($proto =~ "ws") $avp(caller_in_browser) = 1;
    if ($du =~ "transport=ws" || $ru =~ "transport=ws" || $ru =~ "\\.invalid") {{
        $avp(callee_in_browser) = 1;
        rtpengine_offer(TO_BROWSER);
    }} else {{
        $avp(callee_in_browser) = 0;
        rtpengine_offer(TO_PHONE);
    }}
}}

onreply_route[ANSWERED] {{
    if ($proto =~ "ws") add_contact_alias();
    if (!has_body("application/sdp")) return;
    if ($avp(caller_in_browser) == 1) rtpengine_answer(TO_BROWSER);
    else rtpengine_answer(TO_PHONE);
}}

failure_route[FAILED] {{
    rtpengine_delete();
}}

event_route[xhttp:request] {{
    if ($hdr(Upgrade) =~ "websocket" && ws_handle_handshake()) exit;
    xhttp_reply("404", "Not Found", "", "");
}}
"""


class Kamailio:
    """Browsers load their page from a server of ours, which does nothing else here."""

    name = "kamailio"

    def __init__(self, folder, relay):
        self.folder = pathlib.Path(folder)
        self.pages = WebServer(self.folder / "pages", users=())
        self.page = self.pages.page
        self.address = self.host = "127.0.0.1"
        self.port, self.tls_port = free_port(), free_port()
        self.websocket = f"wss://127.0.0.1:{self.tls_port}/ws"
        mine = certificate()
        (self.folder / "kamailio.cfg").write_text(CONFIGURATION.format(
            port=self.port, tls_port=self.tls_port, key=mine.key, certificate=mine.certificate, ng_port=relay.ng_port))
        self.process = None

    def __enter__(self):
        self.pages.__enter__()
        with open(self.folder / "output.txt", "wb") as output:
            self.process = subprocess.Popen(
                ["kamailio", "-f", self.folder / "kamailio.cfg", "-DD", "-E", "-w", self.folder, "-Y", self.folder, "-P", self.folder / "pid"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        wait_until(self._listens, 15, lambda: f"Kamailio does not start: {self.log_tail(10)}")
        return self

    def _listens(self):
        if self.process.poll() is not None:
            raise Failure(f"Kamailio ended with {self.process.returncode}: {self.log_tail(10)}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.tls_port), 1):
            return True
        return False

    def log_tail(self, lines=25):
        return "\n".join((self.folder / "output.txt").read_text(errors="replace").splitlines()[-lines:])

    def __exit__(self, kind, *rest):
        self.process.terminate()
        try:
            self.process.wait(15)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.pages.__exit__(kind, *rest)
