// Package lab builds real network namespaces with real TCP connections in
// them, and lets the network and the peers fail in ways that a test can name.
//
// A Lab is three namespaces. The router in the middle forwards IPv4 and IPv6:
//
//	 Near                     Router                      Far
//	┌────────────────┐      ┌───────────────┐      ┌────────────────┐
//	│           eth0 ├──────┤ near      far ├──────┤ eth0           │
//	│  10.9.0.2      │      │ 10.9.0.1      │      │      10.9.1.2  │
//	│  fd00:9::2     │      │      10.9.1.1 │      │  fd00:9:0:1::2 │
//	└────────────────┘      └───────────────┘      └────────────────┘
//	    actors                 faults                   actors
//
// Because faults happen in the router, neither end sees a carrier go, a
// neighbour fail or an ICMP message: packets are lost without a sign, as they
// are behind the internet. [Lab.Lose] loses all of one or both directions,
// [Lab.ForgetPort] loses one port as a NAT that has dropped its mapping does,
// [Lab.Reboot] replaces Far by a machine that has the same addresses and knows
// no connection, and [Lab.LinkDown] pulls Near's own cable. [Process.Kill]
// ends a peer.
//
// [Solo] makes one namespace that has nothing but its loopback interface.
//
// # Names and cleanup
//
// Namespaces are named katop-lab-PID-RANDOM-ROLE and mounted under /run/netns,
// so that `ip netns`, `nsenter --net=/run/netns/NAME` and katop itself see them
// by name. PID is the process that made them. Close kills every process that
// lives in them and removes them with their connections; where that process was
// killed before it could call Close, the next New or Solo of any process does.
// No interface, address or rule is ever made in the namespace of the host. What
// stays is what the first `ip netns add` after a boot leaves too: /run/netns is
// a mount point with shared mounts.
//
// # Actors
//
// An [Actor] is a process that lives in a namespace and opens connections when
// told to. It is the running binary itself, started once more: so whoever uses
// actors calls [Main] before anything else, in main or in TestMain. It sets
// every option by setsockopt before it connects, and reports what its own
// getsockopt says afterwards. When its parent ends, it ends.
//
// [Lab.States] brings about every state of TCP that can be held still, and says
// what there is to be seen.
package lab
