//go:build ignore

/* SPDX-License-Identifier: MIT */

/*
 * Looks at the sockets of one network namespace that are in targets, or sets
 * them, and writes one record for each. It runs under the lock of the socket
 * (net/ipv4/tcp_ipv4.c, bpf_iter_tcp_seq_show). Whoever asked is the one who
 * decides: the program sets nothing but what is as it was when it was decided.
 */

#include "options.h"

struct ends {
	__u32 local[4]; /* network order; IPv4 has the first alone */
	__u32 remote[4];
	__u16 local_port; /* host order, and the next one in network order */
	__u16 remote_port;
	__u16 family;
	__u16 unused;
};

enum status {
	NOT_MET,
	LOOKED,
	REFUSED, /* it is not as it was */
	SET,
};

struct seen {
	__u64 cookie;
	struct ends ends;
	struct options before;
	struct options after; /* of SET */
	__u8 status;
	__u8 state;
	__u8 probes;  /* unanswered: icsk_probes_out */
	__u8 waiting; /* data or probes wait for an answer */
	__u8 orphan;  /* no descriptor names it */
	__u8 step;    /* of SET: the one that failed, or as many as there are */
	__u16 error;  /* and its errno */
};

struct step {
	__u16 level;
	__u16 option;
	int value;
};

#define MAX_STEPS 5

struct target {
	struct seen seen;
	struct ends ends;
	struct options from;
	struct step steps[MAX_STEPS];
	__u8 count;     /* of steps; 0: look */
	__u8 refuse;    /* as many probes as this ... */
	__u8 until;     /* ... and fewer than this may not be unanswered */
	__u8 answered;  /* nothing may wait */
	__u32 unused;
};

_Static_assert(sizeof(struct seen) == 88, "setter_linux.go reads it");
_Static_assert(sizeof(struct target) == 192, "setter_linux.go writes it");

struct {
	int (*type)[BPF_MAP_TYPE_HASH];
	__u64 *key; /* cookie */
	struct target *value;
	int (*max_entries)[1]; /* as many as are asked for */
} targets SEC(".maps");

inlined void read_ends(struct sock_common *sk, struct ends *e)
{
	e->family = sk->skc_family;
	e->local_port = sk->skc_num;
	e->remote_port = sk->skc_dport;
	if (e->family == AF_INET) {
		e->local[0] = sk->skc_rcv_saddr;
		e->remote[0] = sk->skc_daddr;
		return;
	}
#pragma unroll
	for (int i = 0; i < 4; i++) {
		e->local[i] = sk->skc_v6_rcv_saddr.in6_u.u6_addr32[i];
		e->remote[i] = sk->skc_v6_daddr.in6_u.u6_addr32[i];
	}
}

inlined _Bool same(const void *a, const void *b, int size)
{
	const __u32 *x = a, *y = b;

	for (int i = 0; i < size / 4; i++)
		if (x[i] != y[i])
			return 0;
	return 1;
}

inlined void look(struct tcp_sock *tp, struct seen *seen)
{
	struct inet_connection_sock *icsk = &tp->inet_conn;
	struct sock *sk = &icsk->icsk_inet.sk;

	read_ends(&sk->__sk_common, &seen->ends);
	read_options(tp, &seen->before);
	seen->state = sk->__sk_common.skc_state;
	seen->orphan = !sk->sk_socket;
	seen->probes = icsk->icsk_probes_out;
	/* What tcp_get_info gives as unacked, notsent_bytes, retransmits, backoff, probes. */
	seen->waiting = tp->packets_out || (int)(tp->write_seq - tp->snd_nxt) > 0 ||
			icsk->icsk_retransmits || icsk->icsk_backoff || seen->probes;
}

/* as_decided tells whether the socket is still what the decision was about. */
inlined _Bool as_decided(const struct target *t)
{
	const struct seen *s = &t->seen;

	if (s->orphan || !same(&s->ends, &t->ends, sizeof(s->ends)) || !same(&s->before, &t->from, sizeof(s->before)))
		return 0;
	if (s->probes >= t->refuse && s->probes < t->until)
		return 0;
	return !(t->answered && s->waiting);
}

inlined void set(struct tcp_sock *tp, struct target *t)
{
	struct seen *s = &t->seen;

#pragma unroll
	for (int i = 0; i < MAX_STEPS; i++) {
		int value = t->steps[i].value;
		long failed;

		if (i == t->count)
			break;
		failed = bpf_setsockopt(tp, t->steps[i].level, t->steps[i].option, &value, sizeof(value));
		if (failed) {
			s->error = -failed;
			break;
		}
		s->step = i + 1;
	}
	read_options(tp, &s->after);
}

SEC("iter/tcp")
int katop_set(struct bpf_iter__tcp *ctx)
{
	struct sock_common *sk = ctx->sk_common;
	struct tcp_sock *tp;
	struct target *t;
	__u64 cookie;

	if (!sk)
		return 0;
	cookie = sk->skc_cookie.counter;
	t = cookie ? bpf_map_lookup_elem(&targets, &cookie) : 0;
	if (!t)
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	/* The options of a subflow are those of its MPTCP socket. */
	if (exists(tp->is_mptcp) && tp->is_mptcp)
		return 0;
	/* A record that found no room is asked for again: then all is done. */
	if (t->seen.status == NOT_MET) {
		t->seen.cookie = cookie;
		look(tp, &t->seen);
		if (!t->count) {
			t->seen.status = LOOKED;
		} else if (as_decided(t)) {
			set(tp, t);
			t->seen.status = SET;
		} else {
			t->seen.status = REFUSED;
		}
	}
	bpf_seq_write(ctx->meta->seq, &t->seen, sizeof(t->seen));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
