//go:build ignore

/* SPDX-License-Identifier: MIT */

/*
 * One record per descriptor of a TCP or MPTCP socket, of every process that the
 * reader's PID namespace shows and of every network namespace; before the first
 * of a process, one with its name.
 */

#include "options.h"

struct record {
	__u64 cookie; /* 0: none was ever asked for */
	__u32 pid;    /* with NO_FD: as the reader's PID namespace has it */
	__u32 fd;     /* NO_FD: the process that the next ones are of */
	__u32 inode;
	__u32 netns;
	union {
		struct options options;
		char comm[16];
	};
};

#define NO_FD 0xffffffff

_Static_assert(sizeof(struct record) == 40, "decode.go reads it");

/* own_only: the reader alone is looked at; for the self-test. */
volatile __u32 own_only;

/* named is the reading and the process of the last record: session << 32 | tgid. */
volatile __u64 named;

/*
 * pid_of is the PID of the task in the PID namespace of the process that reads
 * (kernel/pid.c, pid_nr_ns). The iterator itself visits no others.
 */
inlined __u32 pid_of(struct task_struct *task)
{
	struct pid *reader = bpf_get_current_task_btf()->thread_pid;
	struct pid *pid = task->thread_pid;
	struct upid of_reader = {}, of_task = {};
	__u32 at;

	if (!reader || !pid || reader->level > pid->level)
		return 0;
	at = offset_of(pid->numbers) + reader->level * sizeof(struct upid);
	bpf_probe_read_kernel(&of_reader, sizeof(of_reader), (void *)reader + at);
	bpf_probe_read_kernel(&of_task, sizeof(of_task), (void *)pid + at);
	return of_reader.ns == of_task.ns ? of_task.nr : 0;
}

SEC("iter/task_file")
int katop_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct seq_file *out = ctx->meta->seq;
	struct record r = {};
	struct socket *socket;
	struct tcp_sock *tp;
	struct sock *sk;
	__u64 process;

	/* A thread with descriptors of its own is not in /proc/PID/fd either. */
	if (!task || !file || task->pid != task->tgid)
		return 0;
	if (own_only && task->tgid != bpf_get_current_pid_tgid() >> 32)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || sk->sk_type != SOCK_STREAM)
		return 0;
	if (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6)
		return 0;
	if (sk->sk_protocol == IPPROTO_TCP) {
		tp = bpf_skc_to_tcp_sock(sk);
		if (!tp)
			return 0;
		read_options(tp, &r.options);
	} else if (sk->sk_protocol != IPPROTO_MPTCP) {
		return 0;
	}
	r.fd = ctx->fd;
	r.inode = file->f_inode->i_ino;
	r.netns = sk->__sk_common.skc_net.net->ns.inum;
	r.cookie = sk->__sk_common.skc_cookie.counter;

	process = ctx->meta->session_id << 32 | task->tgid;
	if (named != process) {
		struct record p = {.pid = pid_of(task), .fd = NO_FD};

		bpf_probe_read_kernel(p.comm, sizeof(p.comm), task->comm);
		bpf_seq_write(out, &p, sizeof(p));
		named = process;
	}
	/* A full buffer takes both records back; this call is then made again. */
	if (bpf_seq_write(out, &r, sizeof(r)))
		named = 0;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
