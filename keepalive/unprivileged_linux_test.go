package keepalive_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive"
)

// Without rights one's own connections can be changed and checked, those of
// others are left alone with the reason.
func TestUnprivileged(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: to run as another user")
	}
	dialed, _ := loopback(t, 1)
	before := settingsOf(t, dialed[0])
	state, err := os.MkdirTemp("", "katop-test") //nolint:usetesting // nobody else may enter a folder of t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(state) })
	if err := os.Chown(state, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	given := task{Journal: filepath.Join(state, "katop", "journal.jsonl"), Targets: []conn.Connection{ofSelf(t, dialed[0])}}
	_, stdout := start(t, roleNobody, given, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}})
	var did report
	if err := json.NewDecoder(stdout).Decode(&did); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"refused", "done"}, outcomes(did.Applied)); diff != "" {
		t.Errorf("applied (-want +got)\n%s", diff)
	}
	if did.Applied[0].Reason != keepalive.ErrRefused.Error() {
		t.Errorf("refused because of %q, want %q", did.Applied[0].Reason, keepalive.ErrRefused)
	}
	var probed []string
	for _, r := range did.Probed {
		probed = append(probed, r.Outcome.String())
	}
	if diff := cmp.Diff([]string{"not-checked", "alive", "not-checked"}, probed); diff != "" {
		t.Fatalf("probed (-want +got)\n%s%+v", diff, did.Probed)
	}
	if did.Probed[0].Reason != keepalive.ErrRefused.Error() || !strings.Contains(did.Probed[2].Reason, "CAP_NET_ADMIN") {
		t.Errorf("not checked because of %q and %q", did.Probed[0].Reason, did.Probed[2].Reason)
	}
	if diff := cmp.Diff(before, settingsOf(t, dialed[0])); diff != "" {
		t.Errorf("another user's connection (-before +after)\n%s", diff)
	}
}
