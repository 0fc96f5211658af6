package bpf

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write generated.sha256; `make generate` does")

// sums is generated.sha256: one line for every file of the programs, as
// sha256sum(1) writes it.
const sums = "generated.sha256"

// The committed objects are those that were made from the sources beside them,
// as `make generate` wrote it down; no clang is needed to know.
func TestGenerated(t *testing.T) {
	t.Parallel()
	var now strings.Builder
	for _, pattern := range []string{"*.c", "*.h", "*.o", "*_bpfe?.go", "generate.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&now, "%x  %s\n", sha256.Sum256(text), name)
		}
	}
	if *update {
		if err := os.WriteFile(sums, []byte(now.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	then, err := os.ReadFile(sums)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(then), now.String()); diff != "" {
		t.Errorf("the eBPF objects are not those of their sources: run `make generate`, and commit what it makes (-recorded +here)\n%s", diff)
	}
}
