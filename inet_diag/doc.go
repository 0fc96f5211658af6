// Package inetdiag reads the TCP sockets of a Linux network namespace through
// sock_diag, the netlink protocol behind ss(8) (sock_diag(7)).
//
// It holds the wire format (requests, replies, attributes, tcp_info, the
// bytecode of filters) and the connection that carries it. What the answers
// mean is for others to say: no policy lives here.
//
// A dump shows one address family of one network namespace:
//
//	c, err := inetdiag.Dial(nil)
//	...
//	err = c.Dump(ctx, inetdiag.Request{
//		Family:     inetdiag.FamilyIPv4,
//		Extensions: inetdiag.ExtInfo,
//	}, func(s *inetdiag.Socket) error {
//		fmt.Println(s.ID.Local, s.ID.Remote, s.State)
//		return nil
//	})
//
// A dump is no snapshot: sockets come and go while it runs, so a socket may be
// missing from it or stand in it twice. Tell them apart by their cookie.
//
// Subscribe hears of the sockets that go: the kernel reports each one that it
// destroys, with its last tcp_info, when its program lets go of it.
//
// The package builds everywhere; on other systems than Linux, Dial says that it
// needs Linux.
package inetdiag
