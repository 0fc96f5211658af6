// Package keepalive reads and changes the keepalive settings of live sockets,
// those of other processes included: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL,
// TCP_KEEPCNT and TCP_USER_TIMEOUT (tcp(7)). It also asks peers whether they
// live, and ends connections.
//
// inet_diag does not carry these options. They are reached through a duplicate
// of the owner's descriptor, made by pidfd_getfd(2) (Linux 5.6), across
// processes and network namespaces. While a duplicate exists, a close by the
// owner sends no FIN; so it is held for a handful of system calls that cannot
// block, and closed before the next socket is looked at. The cookie of the
// socket is compared each time, so that a descriptor number that was used again
// is never touched. SO_ERROR is never read: reading clears it, and the owner
// would miss its error.
//
// [Read] changes nothing. A [Controller] does: it writes every change into a
// journal before it is made, from which [Controller.Undo] takes it back and
// [Controller.Heal] finishes a liveness check that was killed.
//
// # Journal
//
// The journal is a file of JSON Lines (see [JournalPath]) that only its owner
// may read. A line torn by a crash is passed over; a crash between the line and
// the change is harmless, because undo compares with what the socket has. When
// a command begins and the file has 8 MiB, it is renamed, with ".1" behind its
// name, and a new one is begun: what was in the ".1" before is forgotten, and can
// no longer be undone. As long as that holds lines of the last command that can
// be undone, or of a check that is not restored, the file grows on instead. An
// undo never makes it give way.
package keepalive
