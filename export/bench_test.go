package export

import (
	"encoding/json"
	"io"
	"strconv"
	"testing"
)

func BenchmarkWrite(b *testing.B) {
	for name, write := range writers() {
		for _, n := range []int{1_000, 10_000, 100_000} {
			b.Run(name+"/"+strconv.Itoa(n), func(b *testing.B) {
				s := many(n)
				order := inOrder(s)
				b.ReportAllocs()
				for b.Loop() {
					if err := write(io.Discard, s, order); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkEncodingJSON is what encoding/json takes for the same objects: the
// reason for an encoder of one's own.
func BenchmarkEncodingJSON(b *testing.B) {
	s := many(10_000)
	b.ReportAllocs()
	for b.Loop() {
		e := json.NewEncoder(io.Discard)
		for i := range s.Connections {
			if err := e.Encode(plain(&s.Connections[i])); err != nil {
				b.Fatal(err)
			}
		}
	}
}
