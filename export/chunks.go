package export

import (
	"io"
	"runtime"
	"sync"
)

const (
	// chunkItems are encoded at a time by one of several encoders: some 200 kB of
	// connections.
	chunkItems = 256
	// maxEncoders is as many as one writer keeps up with.
	maxEncoders = 4
)

// writeItems encodes n items and writes them in their order. Where there are
// many, several goroutines encode chunks, each ahead of the writing by two of
// them at most. The items must be independent of one another.
func writeItems(w io.Writer, n int, item func(e *encoder, i int)) error {
	chunks := (n + chunkItems - 1) / chunkItems
	encoders := min(runtime.GOMAXPROCS(0), maxEncoders, chunks)
	if encoders < 2 {
		return writeOneByOne(w, n, item)
	}
	stop := make(chan struct{})
	var encoding sync.WaitGroup
	defer encoding.Wait()
	defer close(stop)
	lanes := make([]lane, encoders)
	for l := range lanes {
		lanes[l] = newLane()
		encoding.Go(func() { lanes[l].encode(stop, l, encoders, n, item) })
	}
	for c := range chunks {
		from := &lanes[c%encoders]
		e := <-from.full
		if err := e.end(w); err != nil {
			return err
		}
		from.empty <- e
	}
	return nil
}

func writeOneByOne(w io.Writer, n int, item func(e *encoder, i int)) error {
	e := newEncoder()
	for i := range n {
		item(e, i)
		if err := e.flush(w); err != nil {
			return err
		}
	}
	return e.end(w)
}

// lane is what one goroutine encodes: every so many-th chunk.
type lane struct {
	empty, full chan *encoder
}

func newLane() lane {
	l := lane{empty: make(chan *encoder, 2), full: make(chan *encoder, 2)}
	for range cap(l.empty) {
		l.empty <- newEncoder()
	}
	return l
}

// encode fills an encoder with each of the lane's chunks, the first of which is
// number first. It ends after the last, or when stop is closed.
func (l *lane) encode(stop <-chan struct{}, first, step, n int, item func(e *encoder, i int)) {
	for at := first * chunkItems; at < n; at += step * chunkItems {
		select {
		case <-stop:
			return
		case e := <-l.empty:
			for i := at; i < min(at+chunkItems, n); i++ {
				item(e, i)
			}
			l.full <- e // has room: there are no more encoders
		}
	}
}
