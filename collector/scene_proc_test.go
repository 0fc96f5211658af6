//go:build linux

package collector_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"strconv"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// procTable is what /proc/net/tcp and tcp6 (net/ipv4/tcp_ipv4.c, get_tcp4_sock)
// tell of the sockets that no process can be asked for, and of those with probes
// unanswered.
type procTable map[[2]netip.AddrPort]procRow

// procRow is one of its lines.
type procRow struct {
	state   uint8 // include/net/tcp_states.h
	retries int   // icsk_retransmits; of SYN-RECV, SYN-ACKs sent beyond the first
	probes  int   // icsk_probes_out
}

// The kernel's numbers of some states.
const (
	procFinWait1 = 4
	procSynRecv  = 3
	procTimeWait = 6
	procLastAck  = 9
)

// lookAtProc reads the tables of Near, but for those that nothing is told of by
// them.
func (s *scene) lookAtProc() procTable {
	s.t.Helper()
	table := make(procTable)
	s.eachInProc(func(ends [2]netip.AddrPort, row procRow) {
		switch row.state {
		case procFinWait1, procSynRecv, procTimeWait, procLastAck:
		default:
			if row.probes == 0 {
				return
			}
		}
		table[ends] = row
	})
	return table
}

// portsInProc counts the ports of the range that Near uses towards an address.
func (s *scene) portsInProc(remote netip.AddrPort) (n int) {
	s.t.Helper()
	s.eachInProc(func(ends [2]netip.AddrPort, _ procRow) {
		if port := ends[0].Port(); ends[1] == remote && port >= firstPort && port <= lastPort {
			n++
		}
	})
	return n
}

// eachInProc reads the tables of Near.
func (s *scene) eachInProc(each func(ends [2]netip.AddrPort, row procRow)) {
	s.t.Helper()
	var text []byte
	s.must(s.lab.Near.Do(func() error {
		for _, path := range []string{"/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"} {
			one, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text = append(text, one...)
		}
		return nil
	}))
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) < 9 || string(fields[0]) == "sl" {
			continue // a headline
		}
		state, err := strconv.ParseUint(string(fields[3]), 16, 8)
		s.must(err)
		retries, err := strconv.ParseUint(string(fields[6]), 16, 32)
		s.must(err)
		probes, err := strconv.Atoi(string(fields[8]))
		s.must(err)
		local, err := procAddr(fields[1])
		s.must(err)
		remote, err := procAddr(fields[2])
		s.must(err)
		each([2]netip.AddrPort{local, remote}, procRow{uint8(state), int(retries), probes})
	}
}

// procAddr reads "0200090A:1F40": the words of the address as the machine's
// integers.
func procAddr(field []byte) (netip.AddrPort, error) {
	words, port, _ := bytes.Cut(field, []byte(":"))
	b, err := hex.DecodeString(string(words))
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("/proc/net/tcp: address %q: %w", field, err)
	}
	for i := 0; i+4 <= len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	addr, ok := netip.AddrFromSlice(b)
	n, err := strconv.ParseUint(string(port), 16, 16)
	if !ok || err != nil {
		return netip.AddrPort{}, fmt.Errorf("/proc/net/tcp: address %q", field)
	}
	return netip.AddrPortFrom(addr, uint16(n)), nil
}

// info is what is known of an orphan: nobody can say when it was last heard. One
// that is gone has been given up after the last retransmission.
func (p procTable) info(k *lab.Socket) lab.Info {
	row, there := p[[2]netip.AddrPort{k.Local, k.Remote}]
	switch {
	case there && row.state == procFinWait1:
		return lab.Info{State: "FIN-WAIT-1", Retransmits: row.retries, InFlight: 1}
	case there && row.state == procLastAck:
		return lab.Info{State: "LAST-ACK", Retransmits: row.retries, InFlight: 1}
	}
	return lab.Info{State: "CLOSE", Retransmits: retries + 1}
}

// unanswered tells whether the kernel counts a probe as unanswered.
func (p procTable) unanswered(c *conn.Connection) bool {
	return p[[2]netip.AddrPort{c.Local, c.Remote}].probes > 0
}

// count counts the sockets in a state to a remote address.
func (p procTable) count(state uint8, remote netip.AddrPort) (n int) {
	for ends, row := range p {
		if row.state == state && ends[1] == remote {
			n++
		}
	}
	return n
}
