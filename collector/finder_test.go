//go:build linux

package collector

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// housed makes a process, or moves it to another network namespace.
func (h *fakeHost) housed(pid int, netns uint64) {
	h.t.Helper()
	path := filepath.Join(h.proc, fmt.Sprint(pid), "ns/net")
	mkdir(h.t, filepath.Dir(path))
	if err := os.RemoveAll(path); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Symlink(fmt.Sprintf("net:[%d]", netns), path); err != nil {
		h.t.Fatal(err)
	}
}

func TestFinder(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	f := finder{proc: h.proc, homes: make(map[int32]*home)}
	t.Cleanup(func() { _ = f.close() })
	check := func(what string, want map[uint64]int32) {
		t.Helper()
		h.clock = h.clock.Add(time.Second)
		got := make(map[uint64]int32)
		s := f.find(h.clock)
		for inode, p := range s.sites {
			got[inode] = p.pid
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: lowest PID by namespace (-want +got)\n%s", what, diff)
		}
		if s.closed != 0 || s.err != nil {
			t.Errorf("%s: %d closed, error %v; want none", what, s.closed, s.err)
		}
	}
	h.housed(1, 100)
	h.housed(30, 200)
	h.housed(20, 200)
	h.process(40, "zombie", nil) // has no namespace any more
	check("at first", map[uint64]int32{100: 1, 200: 20})
	if got := slices.Sorted(slices.Values(f.residents(200))); !slices.Equal(got, []int32{20, 30}) {
		t.Errorf("residents %v, want 20 and 30", got)
	}

	h.housed(30, 300)
	check("a young process has moved", map[uint64]int32{100: 1, 200: 20, 300: 30})
	check("nothing new", map[uint64]int32{100: 1, 200: 20, 300: 30})
	h.housed(30, 400)
	check("an old process has moved", map[uint64]int32{100: 1, 200: 20, 300: 30})
	h.clock = h.clock.Add(sweepEvery)
	check("the next sweep", map[uint64]int32{100: 1, 200: 20, 400: 30})
	h.exit(20)
	check("one has exited", map[uint64]int32{100: 1, 400: 30})
}

func TestNamespaceInode(t *testing.T) {
	t.Parallel()
	want := map[string]uint64{"net:[4026531840]": 4026531840, "net:[]": 0, "mnt:[4026531840]": 0, "net:[12": 0, "": 0}
	got := maps.Clone(want)
	for link := range got {
		got[link] = namespaceInode([]byte(link))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
