package keepalive

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// Lines about checks are found in either file, behind lines that are torn or
// longer than what is read at once, and whatever stands first in them.
func TestChecksOfJournal(t *testing.T) {
	t.Parallel()
	check, change := testLog(t, conn.ActionProbe), testLog(t, conn.ActionKeepalive)
	line := func(l *log, n int, name string) string {
		e := someEntry(l, n, name)
		text, err := e.encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	long := line(change, 0, strings.Repeat(`"kind":"probe"`, readAtOnce/10))
	// As another katop may have written it.
	other := strings.Replace(line(check, 3, "other"), `"schema":1,`, `"key":"kind","schema":1,`, 1)
	torn := strings.TrimSuffix(line(check, 1, "torn"), "}\n")
	older := line(check, 0, "first") + strings.Repeat(line(change, 1, `"kind":"probe"`), 1000) + torn
	newer := long + other + "\n\nk\nkind\n" + line(change, 2, "x") + strings.TrimSuffix(line(check, 2, "last"), "\n")
	path := check.journal.path
	for name, text := range map[string]string{lockFile(path): "", predecessor(path): older, path: newer} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := check.journal.checks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := line(check, 0, "first") + torn + "\n" + other + line(check, 2, "last")
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	whole, err := check.journal.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := older + "\n" + newer + "\n"; !bytes.Equal(whole, []byte(want)) {
		t.Errorf("the whole has %d bytes, want %d", len(whole), len(want))
	}
}
