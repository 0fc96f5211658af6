package export

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/katop/katop/conn"
)

// TestChunksKeepTheOrder holds what several encoders write, byte for byte,
// against one that takes each connection for itself, at the edges of chunks.
func TestChunksKeepTheOrder(t *testing.T) {
	// Not parallel: it changes how many goroutines encode.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 3, maxEncoders + 1} {
		runtime.GOMAXPROCS(cores)
		for _, n := range []int{0, 1, chunkItems - 1, chunkItems, chunkItems + 1, 2 * chunkItems, 11*chunkItems + 1} {
			s := many(n)
			order := inOrder(s)
			for i := range order { // not the snapshot's order
				order[i] = int32(n - 1 - i)
			}
			var lines, object bytes.Buffer
			if err := errors.Join(WriteJSONL(&lines, s, order), WriteJSON(&object, s, order)); err != nil {
				t.Fatal(err)
			}
			wantLines, wantObject := written(s, order)
			if !bytes.Equal(lines.Bytes(), wantLines) {
				t.Errorf("%d connections, %d cores: JSON Lines differ", n, cores)
			}
			if !bytes.Equal(object.Bytes(), wantObject) {
				t.Errorf("%d connections, %d cores: JSON differs", n, cores)
			}
		}
	}
}

// written is what both forms have to be, connection by connection.
func written(s *conn.Snapshot, order []int32) (lines, object []byte) {
	e := newEncoder()
	e.buf = append(e.buf, '{')
	e.head(s)
	object = append(bytes.Clone(e.buf), `,"connections":[`...)
	for n, i := range order {
		e.buf = e.buf[:0]
		e.connection(&s.Connections[i])
		lines = append(append(lines, e.buf...), '\n')
		if n > 0 {
			object = append(object, ',')
		}
		object = append(append(object, '\n'), e.buf...)
	}
	return lines, append(object, "]}\n"...)
}

// TestWriterThatFails holds that its error comes back and that nobody goes on
// encoding.
func TestWriterThatFails(t *testing.T) {
	t.Parallel()
	s := many(20 * chunkItems)
	for _, allowed := range []int{0, 1, 5} {
		w := &failing{after: allowed}
		if err := WriteJSONL(w, s, inOrder(s)); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("after %d writes: error %v, want %v", allowed, err, io.ErrClosedPipe)
		}
		if w.writes != allowed+1 {
			t.Errorf("%d writes, want %d", w.writes, allowed+1)
		}
	}
}

// failing fails after so many writes.
type failing struct{ after, writes int }

func (f *failing) Write(b []byte) (int, error) {
	f.writes++
	if f.writes > f.after {
		return 0, io.ErrClosedPipe
	}
	return len(b), nil
}
