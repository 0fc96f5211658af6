//go:build linux

package collector_test

import (
	"bufio"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

var ssOwner = regexp.MustCompile(`\("[^"]*",pid=(\d+),fd=(\d+)\)`)

// The snapshot agrees with ss of the same namespace in states, addresses,
// inodes, cookies and owners.
func TestAgreesWithSS(t *testing.T) {
	needLab(t)
	ss, err := exec.LookPath("ss")
	if err != nil {
		t.Skip("needs ss of iproute2: ", err)
	}
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, l)
	if _, err := l.States(); err != nil {
		t.Fatal(err)
	}
	var text []byte
	err = l.Near.Do(func() (err error) {
		text, err = exec.CommandContext(t.Context(), ss, "-H", "-tanpe").Output()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]string)
	for lines := bufio.NewScanner(strings.NewReader(string(text))); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		cookie, inode := "?", "0"
		for _, f := range fields {
			if v, ok := strings.CutPrefix(f, "sk:"); ok {
				n, err := strconv.ParseUint(v, 16, 64)
				if err != nil {
					t.Fatal(err)
				}
				cookie = strconv.FormatUint(n, 10)
			}
			if v, ok := strings.CutPrefix(f, "ino:"); ok {
				inode = v
			}
		}
		var owners []string
		for _, m := range ssOwner.FindAllStringSubmatch(lines.Text(), -1) {
			owners = append(owners, m[1]+"/"+m[2])
		}
		state, _ := conn.ParseState(fields[0])
		want[cookie] = fmt.Sprint(state, " ", inode, " ", owners)
	}
	got := make(map[string]string)
	for _, c := range poll(t, l.Near, conn.Want{}).Connections {
		var owners []string
		for _, o := range c.Owners {
			owners = append(owners, fmt.Sprintf("%d/%d", o.PID, o.FD))
		}
		got[strconv.FormatUint(c.Cookie, 10)] = fmt.Sprint(c.State, " ", c.Inode, " ", owners)
	}
	if len(want) < 10 {
		t.Fatalf("ss shows %d sockets only:\n%s", len(want), text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-ss +got)\n%s", diff)
	}
}
