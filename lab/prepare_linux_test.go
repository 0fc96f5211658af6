package lab_test

import (
	"bytes"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/lab"
)

// Programs inherit what Prepare has changed, and nobody else does.
func TestPrepare(t *testing.T) {
	if err := lab.Supported(); err != nil {
		t.Skip(err)
	}
	n, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	var before unix.Utsname
	if err := unix.Uname(&before); err != nil {
		t.Fatal(err)
	}
	err = n.Prepare(func() error {
		if err := unix.Unshare(unix.CLONE_NEWUTS); err != nil {
			return err
		}
		return unix.Sethostname([]byte("prepared"))
	})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command("uname", "-n")
	cmd.Stdout = &out
	p, err := n.Start(cmd)
	if err == nil {
		err = p.Wait()
	}
	if err != nil || out.String() != "prepared\n" {
		t.Errorf("a program sees host name %q, error %v", out.String(), err)
	}
	var after unix.Utsname
	if err := unix.Uname(&after); err != nil || after.Nodename != before.Nodename {
		t.Errorf("the host name has changed, error %v", err)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	if err := n.Prepare(func() error { return nil }); err == nil {
		t.Error("a closed namespace can be prepared")
	}
}
