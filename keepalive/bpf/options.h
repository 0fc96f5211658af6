/* SPDX-License-Identifier: MIT */

#ifndef KATOP_OPTIONS_H
#define KATOP_OPTIONS_H

#include "kernel.h"

/* The options of a TCP socket as the kernel keeps them. */
struct options {
	int idle;           /* jiffies; a sysctl may be anything */
	int interval;       /* jiffies */
	__u32 user_timeout; /* ms */
	__u8 count;
	__u8 on;
	__u8 known; /* 0: of an MPTCP socket, which has none of its own */
	__u8 unused;
};

/*
 * read_options puts in the sysctls of the namespace where the socket has no
 * value of its own, as getsockopt does (include/net/tcp.h, keepalive_time_when,
 * keepalive_intvl_when, keepalive_probes).
 */
inlined void read_options(struct tcp_sock *tp, struct options *o)
{
	struct sock_common *sk = &tp->inet_conn.icsk_inet.sk.__sk_common;
	struct net *net = sk->skc_net.net;

	o->known = 1;
	o->idle = tp->keepalive_time;
	if (!o->idle)
		o->idle = net->ipv4.sysctl_tcp_keepalive_time;
	o->interval = tp->keepalive_intvl;
	if (!o->interval)
		o->interval = net->ipv4.sysctl_tcp_keepalive_intvl;
	o->count = tp->keepalive_probes;
	if (!o->count)
		o->count = net->ipv4.sysctl_tcp_keepalive_probes;
	o->user_timeout = tp->inet_conn.icsk_user_timeout;
	o->on = (sk->skc_flags >> value_of(enum sock_flags, SOCK_KEEPOPEN)) & 1;
}

#endif
