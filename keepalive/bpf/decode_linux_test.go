package bpf

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// socketRecord writes a record as the program does.
func socketRecord(fd uint32, idle int32, known byte) []byte {
	b := binary.NativeEndian.AppendUint64(nil, 0x1122334455667788)
	for _, n := range []uint32{0, fd, 0xf0000001, 4026531833, uint32(idle), 75 * 250, 7500} {
		b = binary.NativeEndian.AppendUint32(b, n)
	}
	return append(b, 9, 1, known, 0)
}

func nameRecord(pid uint32, comm string) []byte {
	b := binary.NativeEndian.AppendUint64(nil, 0)
	for _, n := range []uint32{pid, noFD, 0, 0} {
		b = binary.NativeEndian.AppendUint32(b, n)
	}
	return append(b, append([]byte(comm), make([]byte, 16-len(comm))...)...)
}

// stream is three sockets of two processes, and what they are.
func stream() ([]byte, []Socket) {
	text := bytes.Join([][]byte{
		nameRecord(7, "a"), socketRecord(3, 7200*250+249, 1), socketRecord(4, -250, 1),
		nameRecord(8, "fifteen letters"), socketRecord(3, 0, 0),
	}, nil)
	one := Socket{
		NetNS: 4026531833, Cookie: 0x1122334455667788, Inode: 0xf0000001, PID: 7, FD: 3, Name: "a",
		Keepalive: conn.Keepalive{
			Params:      conn.Params{Idle: 7200 * time.Second, Interval: 75 * time.Second, Count: 9},
			UserTimeout: 7500 * time.Millisecond, State: conn.KeepaliveOn, Source: conn.SourceRead,
		},
	}
	two, three := one, one
	two.FD, two.Keepalive.Params.Idle = 4, -time.Second // a sysctl may be anything
	three.PID, three.Name, three.MPTCP, three.Keepalive = 8, "fifteen letters", true, conn.Keepalive{}
	return text, []Socket{one, two, three}
}

// However the records are cut into reads, they say the same.
func TestDrain(t *testing.T) {
	t.Parallel()
	text, want := stream()
	for name, out := range map[string]io.Reader{
		"at once":         bytes.NewReader(text),
		"byte by byte":    iotest.OneByteReader(bytes.NewReader(text)),
		"with its end":    iotest.DataErrReader(bytes.NewReader(text)),
		"nothing at once": io.MultiReader(&failing{unix.EAGAIN, 1}, bytes.NewReader(text)),
	} {
		for _, size := range []int{recordLen, recordLen + 1, 1000} {
			d := decoder{hz: 250}
			if r, ok := out.(*bytes.Reader); ok {
				r.Reset(text)
			} else if size != recordLen {
				continue
			}
			var got []Socket
			err := drain(t.Context(), out, make([]byte, 0, size), func(b []byte) []byte {
				return d.decode(b, func(s *Socket) { got = append(got, *s) })
			})
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s, by %d: %v (-want +got)\n%s", name, size, err, diff)
			}
		}
	}
}

// failing fails a number of times.
type failing struct {
	err  error
	left int
}

func (f *failing) Read([]byte) (int, error) {
	if f.left == 0 {
		return 0, io.EOF
	}
	f.left--
	return 0, f.err
}

func TestDrainFails(t *testing.T) {
	t.Parallel()
	same := func(b []byte) []byte { return b }
	if err := drain(t.Context(), &failing{unix.EIO, 1}, make([]byte, 0, 100), same); !errors.Is(err, unix.EIO) {
		t.Errorf("%v, want EIO", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := drain(ctx, &failing{}, make([]byte, 0, 100), same); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's error", err)
	}
}

// Names of processes come and go for as long as katop runs.
func TestNamesAreForgotten(t *testing.T) {
	t.Parallel()
	var d decoder
	for i := range 3 * namesKept {
		d.intern(binary.NativeEndian.AppendUint32(nil, uint32(i)|0x01010101))
	}
	if len(d.names) > namesKept {
		t.Errorf("%d names are kept", len(d.names))
	}
}

func BenchmarkDecode(b *testing.B) {
	text, _ := stream()
	text = bytes.Repeat(text, 200)
	d := decoder{hz: 250}
	b.ReportAllocs()
	for b.Loop() {
		d.decode(text, func(*Socket) {})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/600, "ns/socket")
}
