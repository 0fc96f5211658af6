// Package conn says what a TCP connection is and what can be concluded from it.
//
// It is pure: no I/O, no clock of its own, nothing beyond the standard library.
// The collector fills its types from the kernel; the screen, the exports and
// the commands read them. Every statement about keepalive is made here, once,
// so that all of them say the same.
//
// A value that is not known is never zero: it is absent (a false second
// result, a Source of SourceUnknown, a bit missing in TCP.Known).
package conn
