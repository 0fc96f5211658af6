//go:build linux

package collector_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/katop/katop/lab"
)

// player is a program of the scene as the test sees it.
type player struct {
	*lab.Process
	stdin io.Closer
	lines *bufio.Scanner
}

// play starts a program and waits until it is at work.
func play(n *lab.Namespace, p part) (*player, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Args[0] = p.Role
	cmd.Env, cmd.Stderr = append(os.Environ(), sceneVariable+"="+string(text)), os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	// Unlike cmd.StdoutPipe, this holds what was said by one that has ended.
	stdout, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = out
	process, err := n.Start(cmd)
	if err := errors.Join(err, out.Close()); err != nil {
		return nil, errors.Join(err, stdout.Close())
	}
	one := &player{Process: process, stdin: stdin, lines: bufio.NewScanner(stdout)}
	_, err = one.done()
	return one, err
}

// done waits for the next line that the program says.
func (p *player) done() (d done, err error) {
	if !p.lines.Scan() {
		return d, fmt.Errorf("a program of the scene has ended: %w", errors.Join(p.lines.Err(), p.Wait()))
	}
	return d, json.Unmarshal(p.lines.Bytes(), &d)
}

// end has the program end, which says what it has done.
func (p *player) end() (done, error) {
	if err := p.stdin.Close(); err != nil {
		return done{}, err
	}
	return p.done()
}
