/*
 * A small SIP caller with a microsecond clock, for benchmarks.
 *
 * Open loop: each INVITE is due at its own instant of CLOCK_MONOTONIC and leaves then, whether or not earlier calls were
 * answered, so a server that stalls shows as slow calls instead of as fewer of them. Two times are taken for each call,
 * from the instant it was due and from the instant it was sent, both up to the final response; a caller that can't keep
 * up itself makes them differ. A lost packet is sent again as RFC 3261 says (500 ms, doubling) and shows as a late call.
 * Every final response is compared with the one expected. One thread, one UDP socket, loopback only.
 *
 *   sip_caller --target 127.0.0.1:5060 --extension 100 --callers FILE --rate 20 --seconds 5
 *              [--seed N] [--grace SECONDS] [--samples]
 *
 * FILE holds one call a line, `NUMBER CODE`: the caller number to send and the final status expected; the lines are
 * used in turn. The ids of all calls come from the seed, and a server remembers ids for 32 s: give each run another one.
 * Prints one JSON object; times are in microseconds. Exit 0 if it could run at all, 2 on bad usage.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CALLS 200000
#define MAX_LINES 100000
#define NUMBER_BYTES 32
#define PACKET 4096
#define BATCH 64
#define FIRST_RESEND_US 500000
#define SHOWN_WRONG 5

struct line {
    char number[NUMBER_BYTES];
    int expected;
};

struct call {
    int64_t due, sent, done, resend_at;
    uint64_t id;
    int status;
    int resent;
    bool heard;
};

static struct {
    struct sockaddr_in target;
    struct sockaddr_in local;
    char extension[64];
    double rate, seconds, grace;
    uint64_t seed;
    bool samples;
    struct line *lines;
    size_t line_count;
    int socket;
} plan = {.rate = 20, .seconds = 5, .grace = 4, .seed = 1};

static struct call *calls;
static size_t call_count;
static uint64_t repeats, strangers;

static void fail(const char *what)
{
    fprintf(stderr, "sip_caller: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void refuse(const char *sentence)
{
    fprintf(stderr, "sip_caller: %s\n", sentence);
    exit(2);
}

static int64_t now_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* splitmix64: the same seed gives the same ids. */
static uint64_t random_bits(void)
{
    uint64_t z = (plan.seed += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* ---- what is sent ---- */

static void send_packet(const char *packet, int length)
{
    if (length <= 0 || length >= PACKET)
        refuse("a SIP message grew too long: shorten the extension");
    /* A full socket buffer is a lost packet: it is sent again like any other. */
    if (send(plan.socket, packet, (size_t)length, 0) < 0 && errno != EAGAIN && errno != ECONNREFUSED && errno != ENOBUFS)
        fail("send");
}

/* The lines that INVITE, ACK and BYE of one call have in common. */
static int head(char *out, const char *method, size_t index, const char *to_tag, int cseq, const char *branch_mark)
{
    const struct call *call = &calls[index];
    unsigned port = ntohs(plan.local.sin_port);
    unsigned target = ntohs(plan.target.sin_port);
    char host[INET_ADDRSTRLEN];

    inet_ntop(AF_INET, &plan.target.sin_addr, host, sizeof host);
    return snprintf(out, PACKET,
                    "%s sip:%s@%s:%u SIP/2.0\r\n"
                    "Via: SIP/2.0/UDP 127.0.0.1:%u;rport;branch=z9hG4bK%016" PRIx64 "%s\r\n"
                    "Max-Forwards: 70\r\n"
                    "From: <sip:%s@127.0.0.1:%u>;tag=%08" PRIx32 "\r\n"
                    "To: <sip:%s@%s:%u>%s\r\n"
                    "Call-ID: %zx-%016" PRIx64 "\r\n"
                    "CSeq: %d %s\r\n",
                    method, plan.extension, host, target, port, call->id, branch_mark,
                    plan.lines[index % plan.line_count].number, port, (uint32_t)(call->id >> 32), plan.extension, host,
                    target, to_tag, index, call->id, cseq, method);
}

static void send_invite(size_t index)
{
    static char body[512];
    static int body_length;
    char packet[PACKET * 2];
    unsigned port = ntohs(plan.local.sin_port);
    int length;

    if (!body_length)
        body_length = snprintf(body, sizeof body,
                               "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                               "m=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n");
    length = head(packet, "INVITE", index, "", 1, "");
    length += snprintf(packet + length, PACKET,
                       "Contact: <sip:bench@127.0.0.1:%u>\r\nContent-Type: application/sdp\r\n"
                       "Content-Length: %d\r\n\r\n%s",
                       port, body_length, body);
    send_packet(packet, length);
}

static void send_simple(const char *method, size_t index, const char *to_tag, int cseq, const char *branch_mark)
{
    char packet[PACKET * 2];
    int length = head(packet, method, index, to_tag, cseq, branch_mark);

    length += snprintf(packet + length, PACKET, "Content-Length: 0\r\n\r\n");
    send_packet(packet, length);
}

/* ---- what comes back ---- */

/* The value of a header, or NULL; `packet` is a terminated text. */
static const char *header(const char *packet, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = strstr(packet, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            line += length + 1;
            return line + strspn(line, " ");
        }
    }
    return NULL;
}

/* `;tag=…` of the To header, for the ACK. */
static void read_to_tag(const char *packet, char *out, size_t room)
{
    const char *to = header(packet, "To");
    const char *end = to ? strstr(to, "\r\n") : NULL;
    const char *tag = to ? strstr(to, ";tag=") : NULL;

    out[0] = '\0';
    if (tag && end && tag < end && (size_t)(end - tag) < room) {
        memcpy(out, tag, (size_t)(end - tag));
        out[end - tag] = '\0';
    }
}

static void finish(size_t index, int status, const char *packet, int64_t at)
{
    struct call *call = &calls[index];
    char to_tag[256];

    read_to_tag(packet, to_tag, sizeof to_tag);
    if (status < 300) {
        send_simple("ACK", index, to_tag, 1, "a");
        if (!call->status)
            send_simple("BYE", index, to_tag, 2, "b");
    } else {
        send_simple("ACK", index, to_tag, 1, "");
    }
    if (call->status) {
        repeats++;
        return;
    }
    call->status = status;
    call->done = at;
}

static void read_response(const char *packet, int64_t at)
{
    const char *call_id = header(packet, "Call-ID");
    const char *cseq = header(packet, "CSeq");
    char *mark = NULL;
    size_t index;
    int status;

    if (strncmp(packet, "SIP/2.0 ", 8) != 0 || !call_id || !cseq) {
        strangers++;
        return;
    }
    status = atoi(packet + 8);
    index = strtoul(call_id, &mark, 16);
    if (*mark != '-' || index >= call_count || strtoull(mark + 1, NULL, 16) != calls[index].id) {
        strangers++;
        return;
    }
    if (!strstr(cseq, "INVITE") || strstr(cseq, "INVITE") > strstr(cseq, "\r\n"))
        return;
    calls[index].heard = true;
    if (status >= 200)
        finish(index, status, packet, at);
}

static void drain(void)
{
    static char buffers[BATCH][PACKET + 1];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];

    for (;;) {
        int64_t at;
        int got;

        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){buffers[i], PACKET};
            messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
        }
        got = recvmmsg(plan.socket, messages, BATCH, MSG_DONTWAIT, NULL);
        if (got <= 0)
            return;
        at = now_us();
        for (int i = 0; i < got; i++) {
            buffers[i][messages[i].msg_len] = '\0';
            read_response(buffers[i], at);
        }
        if (got < BATCH)
            return;
    }
}

/* ---- the clockwork ---- */

/* Sends again what nobody has answered; returns when this must be looked at next. */
static int64_t resend(size_t started, int64_t now)
{
    static size_t oldest;
    int64_t next = INT64_MAX;

    while (oldest < started && (calls[oldest].status || calls[oldest].heard))
        oldest++;
    for (size_t i = oldest; i < started; i++) {
        struct call *call = &calls[i];

        if (call->status || call->heard)
            continue;
        if (call->resend_at <= now) {
            call->resent++;
            call->resend_at = now + ((int64_t)FIRST_RESEND_US << (call->resent < 3 ? call->resent : 3));
            send_invite(i);
        }
        if (call->resend_at < next)
            next = call->resend_at;
    }
    return next;
}

static bool all_done(void)
{
    static size_t oldest;

    while (oldest < call_count && calls[oldest].status)
        oldest++;
    return oldest == call_count;
}

static void wait_until(int64_t when, int64_t now)
{
    struct pollfd readable = {.fd = plan.socket, .events = POLLIN};
    int64_t left = when > now ? when - now : 0;
    struct timespec time = {left / 1000000, left % 1000000 * 1000};

    if (ppoll(&readable, 1, &time, NULL) < 0 && errno != EINTR)
        fail("ppoll");
}

static void run(void)
{
    int64_t start = now_us() + 20000, end, check = 0;
    size_t started = 0;

    for (size_t i = 0; i < call_count; i++) {
        calls[i].due = start + (int64_t)((double)i * 1e6 / plan.rate);
        calls[i].id = random_bits();
    }
    end = calls[call_count - 1].due + (int64_t)(plan.grace * 1e6);
    for (;;) {
        int64_t now = now_us(), wake = end;

        drain();
        while (started < call_count && calls[started].due <= (now = now_us())) {
            calls[started].sent = now;
            calls[started].resend_at = now + FIRST_RESEND_US;
            send_invite(started++);
            drain();
        }
        if (now >= end || (started == call_count && all_done()))
            return;
        if (now >= check) {
            check = resend(started, now);
            if (check > now + 100000)
                check = now + 100000;
        }
        if (started < call_count && calls[started].due < wake)
            wake = calls[started].due;
        if (check < wake)
            wake = check;
        wait_until(wake, now_us());
    }
}

/* ---- what is told ---- */

static int by_size(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

/* Nearest rank, the same rule as in report.py. */
static int64_t percentile(const int64_t *sorted, size_t count, double share)
{
    size_t rank = (size_t)(share * (double)count);

    if (!count)
        return -1;
    if ((double)rank < share * (double)count)
        rank++;
    return sorted[rank ? rank - 1 : 0];
}

static void tell_times(const char *name, int64_t *times, size_t count)
{
    qsort(times, count, sizeof *times, by_size);
    printf(", \"%s\": {\"p50\": %" PRId64 ", \"p95\": %" PRId64 ", \"p99\": %" PRId64 ", \"max\": %" PRId64 "}", name,
           percentile(times, count, 0.5), percentile(times, count, 0.95), percentile(times, count, 0.99),
           count ? times[count - 1] : -1);
}

static void tell(void)
{
    int64_t *from_due = calloc(call_count, sizeof *from_due), *from_sent = calloc(call_count, sizeof *from_sent);
    int64_t *late = calloc(call_count, sizeof *late);
    size_t answered = 0, wrong = 0, resent = 0, shown = 0;
    int codes[700] = {0};
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    if (!from_due || !from_sent || !late)
        fail("memory");
    for (size_t i = 0; i < call_count; i++) {
        const struct call *call = &calls[i];

        resent += (size_t)call->resent;
        late[i] = call->sent ? call->sent - call->due : -1;
        if (!call->status)
            continue;
        codes[call->status < 700 ? call->status : 0]++;
        wrong += call->status != plan.lines[i % plan.line_count].expected;
        from_due[answered] = call->done - call->due;
        from_sent[answered++] = call->done - call->sent;
    }
    printf("{\"sent\": %zu, \"answered\": %zu, \"missing\": %zu, \"wrong\": %zu, \"resent\": %zu, \"repeats\": %" PRIu64
           ", \"strangers\": %" PRIu64 ", \"codes\": {",
           call_count, answered, call_count - answered, wrong, resent, repeats, strangers);
    for (int code = 0, first = 1; code < 700; code++)
        if (codes[code]) {
            printf("%s\"%d\": %d", first ? "" : ", ", code, codes[code]);
            first = 0;
        }
    printf("}, \"wrong_calls\": [");
    for (size_t i = 0; i < call_count && shown < SHOWN_WRONG; i++) {
        const struct line *line = &plan.lines[i % plan.line_count];

        if (calls[i].status && calls[i].status != line->expected)
            printf("%s{\"caller\": \"%s\", \"expected\": %d, \"got\": %d}", shown++ ? ", " : "", line->number,
                   line->expected, calls[i].status);
    }
    printf("]");
    if (plan.samples) {
        printf(", \"samples\": [");
        for (size_t i = 0; i < answered; i++)
            printf("%s[%" PRId64 ",%" PRId64 "]", i ? "," : "", from_due[i], from_sent[i]);
        printf("]");
    }
    printf(", \"cpu\": %ld", (long)((usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
                                  usage.ru_stime.tv_usec));
    tell_times("from_due", from_due, answered);
    tell_times("from_sent", from_sent, answered);
    tell_times("send_late", late, call_count);
    printf("}\n");
}

/* ---- what is asked ---- */

static void read_target(const char *text)
{
    char host[64];
    unsigned port;

    if (sscanf(text, "%63[0-9.]:%u", host, &port) != 2 || port == 0 || port > 65535 ||
        inet_pton(AF_INET, host, &plan.target.sin_addr) != 1)
        refuse("--target must be ADDRESS:PORT, such as 127.0.0.1:5060");
    if (ntohl(plan.target.sin_addr.s_addr) >> 24 != 127)
        refuse("--target must be in 127.0.0.0/8: this caller never leaves the machine");
    plan.target.sin_family = AF_INET;
    plan.target.sin_port = htons((unsigned short)port);
}

static void read_callers(const char *path)
{
    FILE *file = fopen(path, "r");
    struct line line;

    if (!file)
        fail(path);
    plan.lines = calloc(MAX_LINES, sizeof *plan.lines);
    if (!plan.lines)
        fail("memory");
    while (plan.line_count < MAX_LINES && fscanf(file, "%31s %d", line.number, &line.expected) == 2)
        plan.lines[plan.line_count++] = line;
    fclose(file);
    if (!plan.line_count)
        refuse("--callers must name a file of lines such as `13900000000 603`");
    for (size_t i = 0; i < plan.line_count; i++)
        if (strspn(plan.lines[i].number, "+0123456789") != strlen(plan.lines[i].number))
            refuse("--callers: a caller number must be digits, with or without a + in front");
}

static void read_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(name, "--samples") == 0) {
            plan.samples = true;
            continue;
        }
        if (!value)
            refuse("an option lacks its value; see the head of sip_caller.c");
        i++;
        if (strcmp(name, "--target") == 0)
            read_target(value);
        else if (strcmp(name, "--extension") == 0 && strlen(value) < sizeof plan.extension)
            strcpy(plan.extension, value);
        else if (strcmp(name, "--callers") == 0)
            read_callers(value);
        else if (strcmp(name, "--rate") == 0)
            plan.rate = atof(value);
        else if (strcmp(name, "--seconds") == 0)
            plan.seconds = atof(value);
        else if (strcmp(name, "--grace") == 0)
            plan.grace = atof(value);
        else if (strcmp(name, "--seed") == 0)
            plan.seed = strtoull(value, NULL, 10);
        else
            refuse("unknown option, or its value is too long; see the head of sip_caller.c");
    }
    if (!plan.target.sin_port || !plan.extension[0] || !plan.line_count)
        refuse("--target, --extension and --callers are needed");
    if (!(plan.rate > 0) || !(plan.seconds > 0) || !(plan.grace >= 0) || plan.rate * plan.seconds > MAX_CALLS)
        refuse("--rate and --seconds must be above 0, and their product at most 200000 calls");
    call_count = (size_t)(plan.rate * plan.seconds);
    if (!call_count)
        refuse("--rate times --seconds must give at least one call");
}

static void open_socket(void)
{
    int room = 8 << 20;
    socklen_t length = sizeof plan.local;

    plan.socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    plan.local.sin_family = AF_INET;
    plan.local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (plan.socket < 0 || bind(plan.socket, (struct sockaddr *)&plan.local, sizeof plan.local) < 0 ||
        connect(plan.socket, (struct sockaddr *)&plan.target, sizeof plan.target) < 0 ||
        getsockname(plan.socket, (struct sockaddr *)&plan.local, &length) < 0)
        fail("socket");
    setsockopt(plan.socket, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    setsockopt(plan.socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    calls = calloc(call_count, sizeof *calls);
    if (!calls)
        fail("memory");
    open_socket();
    /* The kernel may otherwise wake us 50 us late on purpose. */
    prctl(PR_SET_TIMERSLACK, 1);
    run();
    tell();
    return 0;
}
