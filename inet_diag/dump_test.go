package inetdiag

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"
)

// cookies dumps IPv4 and keeps the cookies.
func cookies(ctx context.Context, c *Conn) ([]uint64, error) {
	var got []uint64
	err := c.Dump(ctx, Request{Family: FamilyIPv4}, func(s *Socket) error {
		got = append(got, s.ID.Cookie)
		return nil
	})
	return got, err
}

func TestDumpReadsAnswers(t *testing.T) {
	whole := func(messages ...[]byte) []datagram { return []datagram{answer(messages...)} }
	interrupted := encode(sockDiagByFamily, netlink.Multi|netlink.DumpInterrupted, fakeSequence, socketBody(1))
	doneInterrupted := encode(netlink.Done, netlink.Multi|netlink.DumpInterrupted, fakeSequence, errnoBody(0))
	older := encode(sockDiagByFamily, netlink.Multi, fakeSequence-1, socketBody(99))
	olderDone := encode(netlink.Done, netlink.Multi, fakeSequence-1, errnoBody(0))
	patched := func(b []byte, offset int, v uint32) []byte {
		b = append([]byte(nil), b...)
		binary.NativeEndian.PutUint32(b[offset:], v)
		return b
	}
	tests := []struct {
		name    string
		answers []datagram
		want    []uint64
		kind    error  // of the error, nil for none
		message string // in the error
		kept    bool   // the transport serves the next request too
	}{
		{name: "empty", answers: whole(done(0)), kept: true},
		{name: "one datagram", answers: whole(socketMessage(1), socketMessage(2), done(0)), want: []uint64{1, 2}, kept: true},
		{name: "several datagrams", answers: []datagram{answer(socketMessage(1)), answer(socketMessage(2)), answer(done(0))}, want: []uint64{1, 2}, kept: true},
		{name: "no-op", answers: whole(encode(netlink.Noop, 0, fakeSequence, nil), socketMessage(1), done(0)), want: []uint64{1}, kept: true},
		{name: "acknowledged", answers: whole(failed(0), socketMessage(1), done(0)), want: []uint64{1}, kept: true},

		{name: "bad sequence", answers: whole(older, socketMessage(1), done(0)), want: []uint64{1}, kept: true},
		{name: "end of an older dump", answers: []datagram{answer(older, olderDone), answer(socketMessage(1), done(0))}, want: []uint64{1}, kept: true},
		{name: "error of an older request", answers: whole(encode(netlink.Error, 0, fakeSequence-1, errnoBody(2)), done(0)), kept: true},
		{name: "foreign sender", answers: []datagram{{data: join(socketMessage(66), done(0)), sender: 4711}, answer(socketMessage(1), done(0))}, want: []uint64{1}, kept: true},
		{name: "foreign garbage", answers: []datagram{{data: []byte("boo"), sender: 4711}, answer(done(0))}, kept: true},

		{name: "interrupted dump", answers: whole(interrupted, socketMessage(2), done(0)), want: []uint64{1, 2}, kind: ErrInterrupted, message: "dump IPv4 TCP sockets: interrupted", kept: true},
		{name: "interrupted at the end", answers: whole(socketMessage(1), doneInterrupted), want: []uint64{1}, kind: ErrInterrupted, kept: true},

		{name: "error message", answers: whole(failed(int32(syscall.EINVAL))), kind: syscall.EINVAL, message: "dump IPv4 TCP sockets: ", kept: true},
		{name: "no tcp_diag", answers: whole(failed(int32(syscall.ENOENT))), kind: ErrUnsupported, message: "dump IPv4 TCP sockets: sock_diag is not available: the kernel has no tcp_diag: load it with modprobe tcp_diag", kept: true},
		{name: "no tcp_diag, said at the end", answers: whole(done(int32(syscall.ENOENT))), kind: ErrUnsupported, kept: true},
		{name: "error at the end", answers: whole(socketMessage(1), done(int32(syscall.ENOMEM))), want: []uint64{1}, kind: syscall.ENOMEM, kept: true},
		{name: "positive error number", answers: whole(failed(-22)), kind: ErrMalformed},
		{name: "error message without number", answers: whole(encode(netlink.Error, 0, fakeSequence, nil)), kind: ErrMalformed},
		{name: "overrun", answers: whole(encode(netlink.Overrun, 0, fakeSequence, nil)), kind: syscall.ENOBUFS},
		{name: "unknown message", answers: whole(encode(99, 0, fakeSequence, nil)), kind: ErrMalformed, message: "type 99"},

		{name: "half a header", answers: whole(socketMessage(1), []byte{16, 0, 0, 0, 3, 0}), want: []uint64{1}, kind: ErrMalformed, message: "6 bytes where a message should begin"},
		{name: "message shorter than its header", answers: whole(patched(socketMessage(1), 0, 15)), kind: ErrMalformed, message: "a message of 15 bytes"},
		{name: "message longer than the datagram", answers: whole(socketMessage(1)[:60]), kind: ErrMalformed, message: "a message of 88 bytes where 60 are left"},
		{name: "message of four gigabytes", answers: whole(patched(socketMessage(1), 0, ^uint32(0))), kind: ErrMalformed},
		{name: "short record", answers: whole(encode(sockDiagByFamily, 0, fakeSequence, socketBody(1)[:71])), kind: ErrMalformed, message: "a socket of 71 bytes"},
		{name: "unknown family", answers: whole(patched(socketMessage(1), headerLen, 1)), kind: ErrMalformed, message: "family 1"},
		{name: "attribute cut off", answers: whole(socketMessage(1, attributeHeader(8, AttrInfo)...)), kind: ErrMalformed, message: "attribute 2 of 8 bytes where 4 are left"},
		{name: "attribute shorter than its header", answers: whole(socketMessage(1, attributeHeader(3, AttrInfo)...)), kind: ErrMalformed},
		{name: "attribute of no length", answers: whole(socketMessage(1, attributeHeader(0, 0)...)), kind: ErrMalformed},
		{name: "half an attribute", answers: whole(encode(sockDiagByFamily, 0, fakeSequence, socketBody(1, 5, 0))), kind: ErrMalformed, message: "2 bytes after the last attribute"},
		{name: "data after the end", answers: whole(done(0), socketMessage(1)), kind: ErrMalformed, message: "88 bytes after the end"},

		{name: "truncated datagram", answers: []datagram{answer(socketMessage(1)), {err: ErrTruncated}}, want: []uint64{1}, kind: ErrTruncated},
		{name: "receive buffer overrun", answers: []datagram{{err: os.NewSyscallError("recvfrom", syscall.ENOBUFS)}}, kind: syscall.ENOBUFS},
	}
	for i := range 2 * len(tests) {
		tt, name := tests[i/2], tests[i/2].name
		if i%2 > 0 { // what comes late is read ahead of who decodes it
			tt.answers, name = append(late(tt.answers), answer(done(0))), name+", late"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := &fakeTransport{answers: tt.answers}
			second := &fakeTransport{answers: whole(socketMessage(8), done(0))}
			c := dialFake(t, first, second)

			got, err := cookies(t.Context(), c)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("sockets (-want +got):\n%s", diff)
			}
			if !errors.Is(err, tt.kind) {
				t.Errorf("error %v, want of kind %v", err, tt.kind)
			}
			if err != nil && (!strings.Contains(err.Error(), tt.message) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("error %q, want one line with %q", err, tt.message)
			}
			if first.closed == tt.kept {
				t.Errorf("closed: %v, want %v", first.closed, !tt.kept)
			}

			// The next dump is not confused by what is left of this one.
			next := second
			if tt.kept {
				next = first
				first.answers = second.answers
			}
			got, err = cookies(t.Context(), c)
			if err != nil {
				t.Fatalf("next dump: %v", err)
			}
			if diff := cmp.Diff([]uint64{8}, got); diff != "" {
				t.Errorf("next dump (-want +got):\n%s", diff)
			}
			if next.closed {
				t.Error("next dump: transport closed")
			}
		})
	}
}

// late is an answer that begins with so much that the rest is read ahead.
func late(answers []datagram) []datagram {
	for range aloneDatagrams {
		answers = append([]datagram{answer(encode(netlink.Noop, 0, fakeSequence, nil))}, answers...)
	}
	return answers
}

// TestDumpOfManyBlocks dumps more than the blocks hold at a time, and leaves a
// dump that goes on in the middle.
func TestDumpOfManyBlocks(t *testing.T) {
	t.Parallel()
	const datagrams, each = 300, 400
	var answers []datagram
	var want []uint64
	for i := range datagrams {
		var messages [][]byte
		for j := range each {
			cookie := uint64(i*each + j + 1)
			messages, want = append(messages, socketMessage(cookie)), append(want, cookie)
		}
		answers = append(answers, answer(messages...))
	}
	whole := func() []datagram { return append(slices.Clone(answers), answer(done(0))) }
	c := dialFake(t, &fakeTransport{answers: whole()}, &fakeTransport{answers: whole()})
	for range 2 {
		got, err := cookies(t.Context(), c)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%d sockets, error %v; want %d in order", len(got), err, len(want))
		}
		c.transport.(*fakeTransport).answers = whole()
	}
	enough, calls := errors.New("enough"), 0
	err := c.Dump(t.Context(), Request{Family: FamilyIPv4}, func(*Socket) error {
		if calls++; calls == 20*each {
			return enough
		}
		return nil
	})
	if err != enough || calls != 20*each {
		t.Errorf("error %v after %d calls", err, calls)
	}
	if got, err := cookies(t.Context(), c); err != nil || !slices.Equal(got, want) {
		t.Errorf("next dump: %d sockets, error %v", len(got), err)
	}
}

// TestDumpLateEndsWithItsContext ends the context while the reader waits for a
// datagram.
func TestDumpLateEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c := dialFake(t, &fakeTransport{answers: late([]datagram{answer(socketMessage(1))}), onWait: cancel}, &fakeTransport{answers: []datagram{answer(done(0))}})
	got, err := cookies(ctx, c)
	if diff := cmp.Diff([]uint64{1}, got); !errors.Is(err, context.Canceled) || diff != "" {
		t.Errorf("error %v, want context.Canceled (-want +got):\n%s", err, diff)
	}
	if _, err := cookies(t.Context(), c); err != nil {
		t.Errorf("next dump: %v", err)
	}
}

func TestDumpEndsWithEach(t *testing.T) {
	t.Parallel()
	first := &fakeTransport{answers: []datagram{answer(socketMessage(1), socketMessage(2)), answer(done(0))}}
	second := &fakeTransport{answers: []datagram{answer(socketMessage(3), done(0))}}
	c := dialFake(t, first, second)
	enough := errors.New("enough")
	calls := 0
	err := c.Dump(t.Context(), Request{Family: FamilyIPv4}, func(*Socket) error {
		calls++
		return enough
	})
	if err != enough || calls != 1 {
		t.Errorf("error %v after %d calls, want %v itself after 1", err, calls, enough)
	}
	if !first.closed {
		t.Error("the answers that were not read are still waiting")
	}
	got, err := cookies(t.Context(), c)
	if diff := cmp.Diff([]uint64{3}, got); err != nil || diff != "" {
		t.Errorf("next dump: error %v (-want +got):\n%s", err, diff)
	}
}

func TestDumpEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	first := &fakeTransport{answers: []datagram{answer(socketMessage(1))}, onWait: cancel}
	second := &fakeTransport{answers: []datagram{answer(socketMessage(2), done(0))}}
	c := dialFake(t, first, second)

	got, err := cookies(ctx, c)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if diff := cmp.Diff([]uint64{1}, got); diff != "" {
		t.Errorf("sockets (-want +got):\n%s", diff)
	}
	if _, err := cookies(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: error %v, want context.Canceled", err)
	}
	if len(second.requests) != 0 {
		t.Error("a request was sent for a context that has ended")
	}
	got, err = cookies(t.Context(), c)
	if diff := cmp.Diff([]uint64{2}, got); err != nil || diff != "" {
		t.Errorf("next dump: error %v (-want +got):\n%s", err, diff)
	}
}

func TestConnRecovers(t *testing.T) {
	t.Parallel()
	broken := &fakeTransport{sendErr: os.NewSyscallError("sendmsg", syscall.EBADF)}
	whole := &fakeTransport{answers: []datagram{answer(socketMessage(5), done(0))}}
	c := dialFake(t, broken, whole)
	if _, err := cookies(t.Context(), c); !errors.Is(err, syscall.EBADF) {
		t.Errorf("error %v, want EBADF", err)
	}
	if !broken.closed {
		t.Error("the broken transport was not closed")
	}
	if got, err := cookies(t.Context(), c); err != nil || len(got) != 1 {
		t.Errorf("next dump: %v, %v", got, err)
	}
}

func TestConnClosed(t *testing.T) {
	t.Parallel()
	f := &fakeTransport{answers: []datagram{answer(done(0))}}
	c := dialFake(t, f)
	if _, err := cookies(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if !f.closed {
		t.Error("the transport is open")
	}
	if _, err := cookies(t.Context(), c); !errors.Is(err, os.ErrClosed) {
		t.Errorf("error %v, want os.ErrClosed", err)
	}
}
