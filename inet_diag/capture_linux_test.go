package inetdiag

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "capture testdata anew from this kernel (needs root)")

// recorder keeps what the kernel answers.
type recorder struct {
	transport
	datagrams [][]byte
}

func (r *recorder) receive(b []byte) (n int, sender uint32, err error) {
	n, sender, err = r.transport.receive(b)
	if err == nil {
		r.datagrams = append(r.datagrams, append([]byte(nil), b[:n]...))
	}
	return n, sender, err
}

// TestCapture writes the messages that the other tests and the fuzz targets
// begin with: go test -run TestCapture -update.
func TestCapture(t *testing.T) {
	if !*update {
		t.Skip("captures testdata only with -update")
	}
	n := newNamespace(t)
	newScene(t, n)
	c := n.dial(t)
	r := &recorder{transport: c.transport}
	c.transport = r
	collect(t, c, nil)

	for _, datagram := range r.datagrams {
		for b := datagram; len(b) > 0; {
			whole := b
			m, rest, err := nextMessage(b)
			if err != nil {
				t.Fatal(err)
			}
			b = rest
			name := "done"
			if m.kind == sockDiagByFamily {
				var s Socket
				if err := new(decoder).decode(&s, m.body); err != nil {
					t.Fatal(err)
				}
				name = captureName(&s)
			}
			if name == "" {
				continue
			}
			file := filepath.Join("testdata", name+".bin")
			if err := os.WriteFile(file, whole[:len(whole)-len(rest)], 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// captureName names a socket of the scene, or not.
func captureName(s *Socket) string {
	switch key := fmt.Sprintf("%v %d to %d", s.Family, s.State, s.ID.Remote.Port()); {
	case s.State == StateListen && s.ID.Local.Port() == portKeepalive:
		return "listen"
	case s.State == StateListen && s.ID.Local.Port() == portMapped:
		return "listen-ipv6"
	case s.ID.Local.Port() == portKeepalive && s.State == StateEstablished:
		return "established"
	case s.ID.Local.Port() == portMapped:
		return "established-mapped"
	case s.ID.Local.Port() == portOrphan && s.State == StateCloseWait:
		return "close-wait"
	case s.ID.Local.Port() == portDeferred && s.State == StateSynRecv:
		return "syn-recv"
	default:
		return map[string]string{
			fmt.Sprint("IPv4 1 to ", portKeepalive):  "established-keepalive",
			fmt.Sprint("IPv6 1 to ", portIPv6):       "established-ipv6",
			fmt.Sprint("IPv4 6 to ", portTimeWait):   "time-wait",
			fmt.Sprint("IPv4 5 to ", portOrphan):     "fin-wait-2-minisock",
			fmt.Sprint("IPv4 2 to ", portFull):       "syn-sent",
			fmt.Sprint("IPv4 1 to ", portZeroWindow): "zero-window",
		}[key]
	}
}
