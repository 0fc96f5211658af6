//go:build linux

package collector_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// A descriptor that a child inherits makes it an owner too, until it exits.
func TestForkOwns(t *testing.T) {
	needLab(t)
	n, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, n)
	err = n.Do(func() error {
		listener, err := listen()
		if err != nil {
			return err
		}
		defer func() { _ = listener.Close() }()
		c, err := collector.New(collector.Options{})
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		owners := func() (pids []int32, err error) {
			s, err := c.Poll(t.Context(), conn.Want{AllOptions: true})
			if err != nil || len(s.Connections) != 1 {
				return nil, fmt.Errorf("%d connections, want the listener alone: %w", len(s.Connections), err)
			}
			for _, o := range s.Connections[0].Owners {
				pids = append(pids, o.PID)
			}
			return pids, nil
		}
		self := int32(os.Getpid())
		if got, err := owners(); err != nil || !cmp.Equal(got, []int32{self}) {
			return fmt.Errorf("owners %v, want %v: %w", got, []int32{self}, err)
		}
		child := exec.Command("sleep", "60")
		child.ExtraFiles = []*os.File{listener}
		if err := child.Start(); err != nil {
			return err
		}
		both, err := owners()
		stopped := errors.Join(child.Process.Kill(), ignoreExit(child.Wait()))
		if want := []int32{min(self, int32(child.Process.Pid)), max(self, int32(child.Process.Pid))}; err != nil || !cmp.Equal(both, want) {
			return fmt.Errorf("owners %v, want %v: %w", both, want, errors.Join(err, stopped))
		}
		if got, err := owners(); err != nil || !cmp.Equal(got, []int32{self}) {
			return fmt.Errorf("owners after the child's exit %v, want %v: %w", got, []int32{self}, err)
		}
		return stopped
	})
	if err != nil {
		t.Fatal(err)
	}
}

func ignoreExit(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}
