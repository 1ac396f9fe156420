/*
 * A FastAGI server that does nothing: the least that Asterisk's own side of the protocol can cost.
 *
 * It reads a call's header block, answers one fixed line, and lets go. No look-up, no log, no allocation after start.
 * The one thing it looks at is the last digit of agi_callerid: 0 is rejected, any other passes, so that the benchmark
 * can check its verdicts as it checks everybody else's.
 *
 *   agi_floor PORT        answers, half-closes at once, then waits for Asterisk to close
 *   agi_floor PORT wait   answers, waits for Asterisk's `200`, then closes
 *
 * PORT 0 takes a free one. The port is printed on one line when the server listens. Loopback only. Ends on SIGTERM.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_FD 16384
#define HEADER_BYTES 4096
#define EVENTS 256

/* What callfilter sends for such a call, so that Asterisk has the same to do; it leaves out what would be empty. */
static const char REJECT[] =
    "EXEC MSet \"CALLFILTER_ACTION=reject,CALLFILTER_REASON=blocked,CALLFILTER_SIGNAL=603,CALLFILTER_ID=0\"\n";
static const char ALLOW[] =
    "EXEC MSet \"CALLFILTER_ACTION=allow,CALLFILTER_REASON=default,CALLFILTER_ID=0\"\n";

struct peer {
    size_t used;
    bool answered;
    char header[HEADER_BYTES];
};

static struct peer peers[MAX_FD];

static void fail(const char *what)
{
    fprintf(stderr, "agi_floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int listen_on(unsigned short port)
{
    int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t length = sizeof address;
    int on = 1;

    if (server < 0)
        fail("socket");
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(server, (struct sockaddr *)&address, sizeof address) < 0 || listen(server, SOMAXCONN) < 0)
        fail("listen");
    if (getsockname(server, (struct sockaddr *)&address, &length) < 0)
        fail("getsockname");
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return server;
}

static void accept_all(int server, int poller)
{
    for (;;) {
        int on = 1;
        int fd = accept4(server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

        if (fd < 0)
            return;
        if (fd >= MAX_FD) {
            close(fd);
            continue;
        }
        peers[fd].used = 0;
        peers[fd].answered = false;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0)
            fail("epoll_ctl");
    }
}

static bool is_listed(const struct peer *peer)
{
    static const char name[] = "agi_callerid: ";
    const char *found = memmem(peer->header, peer->used, name, sizeof name - 1);
    const char *end = found ? memchr(found, '\n', (size_t)(peer->header + peer->used - found)) : NULL;

    return end && end[-1] == '0';
}

static bool answer(int fd, const struct peer *peer, bool wait)
{
    bool listed = is_listed(peer);
    const char *line = listed ? REJECT : ALLOW;
    size_t length = listed ? sizeof REJECT - 1 : sizeof ALLOW - 1;

    if (write(fd, line, length) != (ssize_t)length)
        return false;
    return wait || shutdown(fd, SHUT_WR) == 0;
}

/* False when the connection is to be closed. */
static bool serve(int fd, struct peer *peer, bool wait)
{
    char *room = peer->header + peer->used;
    ssize_t got = read(fd, room, HEADER_BYTES - peer->used);

    if (got <= 0)
        return got < 0 && errno == EAGAIN;
    if (peer->answered)
        return !wait;
    peer->used += (size_t)got;
    if (peer->used < 2 || memcmp(peer->header + peer->used - 2, "\n\n", 2) != 0)
        return peer->used < HEADER_BYTES;
    if (!answer(fd, peer, wait))
        return false;
    peer->answered = true;
    peer->used = 0;
    return true;
}

int main(int argc, char **argv)
{
    bool wait = argc == 3 && strcmp(argv[2], "wait") == 0;
    struct epoll_event event = {.events = EPOLLIN}, events[EVENTS];
    int server, poller;

    if (argc < 2 || argc > 3 || (argc == 3 && !wait)) {
        fprintf(stderr, "usage: agi_floor PORT [wait]\n");
        return 2;
    }
    server = listen_on((unsigned short)atoi(argv[1]));
    poller = epoll_create1(EPOLL_CLOEXEC);
    event.data.fd = server;
    if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, server, &event) < 0)
        fail("epoll");
    for (;;) {
        int ready = epoll_wait(poller, events, EVENTS, -1);

        if (ready < 0 && errno != EINTR)
            fail("epoll_wait");
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;

            if (fd == server)
                accept_all(server, poller);
            else if (!serve(fd, &peers[fd], wait))
                close(fd);
        }
    }
}
