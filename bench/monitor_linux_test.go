package main

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestCut holds that a frame is whole however its bytes come.
func TestCut(t *testing.T) {
	t.Parallel()
	const written = "\x1b[Ha\nb\x1b[60;H\x1b[H\n\nc\x1b[60;H\x1b[Hhal"
	for size := 1; size <= len(written); size++ {
		m := &monitor{frames: make(chan frame, 9)}
		for at := 0; at < len(written); at += size {
			m.text = append(m.text, written[at:min(at+size, len(written))]...)
			m.cut(time.Time{})
		}
		close(m.frames)
		var got [][]string
		for f := range m.frames {
			got = append(got, f.lines)
		}
		if diff := cmp.Diff([][]string{{"\x1b[Ha", "b"}, {"\x1b[H", "", "c"}}, got); diff != "" {
			t.Fatalf("in pieces of %d (-want +got):\n%s", size, diff)
		}
		if string(m.text) != "\x1b[Hhal" {
			t.Fatalf("in pieces of %d %q is left", size, m.text)
		}
	}
}

func TestCursorMoved(t *testing.T) {
	t.Parallel()
	chosen := "\x1b[38;5;255;48;5;237m row"
	rows := func(at int) frame {
		lines := make([]string, 20)
		lines[at] = chosen
		return frame{lines: lines}
	}
	c := cursorAt(0)
	for _, tt := range []struct {
		at   int
		want bool
	}{{7, true}, {7, false}, {8, true}, {rowHeading, false}, {19, true}} {
		if got := c.moved(rows(tt.at)); got != tt.want {
			t.Errorf("row %d: moved %v", tt.at, got)
		}
	}
}

func TestCountMessages(t *testing.T) {
	t.Parallel()
	message := func(kind uint16, length, claimed int) []byte {
		b := make([]byte, length)
		binary.NativeEndian.PutUint32(b, uint32(claimed))
		binary.NativeEndian.PutUint16(b[4:], kind)
		return b
	}
	socket, done := message(sockDiagByFamily, 20, 18), message(unix.NLMSG_DONE, 20, 20)
	refused := message(unix.NLMSG_ERROR, 36, 36)
	eperm := -int32(unix.EPERM)
	binary.NativeEndian.PutUint32(refused[16:], uint32(eperm))
	for name, tt := range map[string]struct {
		datagram []byte
		sockets  int
		done, ok bool
	}{
		"two":         {bytes.Join([][]byte{socket, socket}, nil), 2, false, true},
		"the last":    {bytes.Join([][]byte{socket, done}, nil), 1, true, true},
		"refused":     {refused, 0, true, false},
		"too long":    {message(sockDiagByFamily, 20, 24), 0, false, false},
		"too short":   {message(sockDiagByFamily, 20, 4), 0, false, false},
		"short error": {message(unix.NLMSG_ERROR, 16, 16), 0, true, false},
	} {
		sockets, done, err := countMessages(tt.datagram)
		if sockets != tt.sockets || done != tt.done || (err == nil) != tt.ok {
			t.Errorf("%s: %d sockets, done %v, error %v", name, sockets, done, err)
		}
	}
}
