// Package keepalive reads the keepalive settings of live sockets, those of
// other processes included: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL,
// TCP_KEEPCNT and TCP_USER_TIMEOUT (tcp(7)).
//
// inet_diag does not carry them. They are read from a duplicate of the owner's
// descriptor, made by pidfd_getfd(2) (Linux 5.6). While a duplicate exists, a
// close by the owner sends no FIN; so it is held for a handful of getsockopt
// calls that cannot block, and closed before the next socket is looked at.
// SO_ERROR is never read: reading clears it, and the owner would miss its
// error. Nothing is changed.
package keepalive
