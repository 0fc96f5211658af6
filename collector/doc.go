// Package collector brings together what the kernel and /proc know of this
// host's TCP connections, one poll at a time: the dumps of inet_diag, the
// processes that own the sockets, their keepalive options, their units, and
// the settings and counters of the network namespaces, which come and go.
//
// Beside the polls one goroutine for each namespace hears what the kernel
// reports of destroyed sockets. Each snapshot tells what has happened since the
// one before.
//
// It looks and never touches: nothing is sent, nothing is set, no name is
// looked up in the DNS. What may not be seen is left unknown, and the snapshot
// says what is hidden and which right would show it.
package collector
