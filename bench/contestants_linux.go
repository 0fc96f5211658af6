package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
)

// The names of those that goals speak of, and of others.
const (
	nameFloor   = "bare dump"
	nameList    = "katop list"
	nameListAll = "katop list, all namespaces"
	nameNoBPF   = "katop list --no-bpf"
	nameSS      = "ss"
	nameWarm    = "warm refresh"
	nameCold    = "cold refresh"
	nameFrame   = "first frame"
	nameBulk    = "bulk keepalive"
)

// perCommand is how long a command may take.
const perCommand = 2 * time.Minute

// programs are the commands that list every socket.
func programs(k *katop, l *load) (found []contestant, missing []string) {
	add := func(name string, command func() *exec.Cmd) {
		cmd := command()
		if cmd.Err != nil {
			missing = append(missing, cmd.Args[0])
			return
		}
		shown := strings.Join(append([]string{filepath.Base(cmd.Args[0])}, cmd.Args[1:]...), " ")
		found = append(found, contestant{name, shown, func(ctx context.Context) (sample, error) { return l.time(ctx, command()) }})
	}
	add(nameList, func() *exec.Cmd { return k.command("list", "-o", "jsonl", own) })
	add(nameListAll, func() *exec.Cmd { return k.command("list", "-o", "jsonl") })
	add(nameNoBPF, func() *exec.Cmd { return k.command("list", "-o", "jsonl", own, "--no-bpf") })
	for _, line := range []string{"ss -tanpoi", "netstat -tanop", "lsof -nP -iTCP"} {
		words := strings.Fields(line)
		add(words[0], func() *exec.Cmd { return exec.Command(words[0], words[1:]...) })
	}
	return found, missing
}

// time runs a command in the namespace. What it prints goes to /dev/null.
func (l *load) time(ctx context.Context, cmd *exec.Cmd) (sample, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	ctx, cancel := context.WithTimeoutCause(ctx, perCommand, fmt.Errorf("it did not end within %v", perCommand))
	defer cancel()
	began := time.Now()
	p, err := l.namespace.Start(cmd)
	if err != nil {
		return sample{}, err
	}
	stop := context.AfterFunc(ctx, func() { _ = p.Kill() })
	err = p.Wait()
	took := time.Since(began)
	if !stop() {
		return sample{}, context.Cause(ctx)
	}
	if err != nil {
		return sample{}, fmt.Errorf("%w: %s", err, stderr.Bytes())
	}
	return sample{wall: took, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// floor is the dump that nothing can undercut.
func floor(l *load) contestant {
	return contestant{nameFloor, "inet_diag with tcp_info, not decoded", l.inside(func(context.Context) error {
		n, err := bareDump()
		return l.complete(n, err)
	})}
}

// refreshes are polls as the monitor does them. The collector is to be closed.
func refreshes(ctx context.Context, l *load) (warm, cold contestant, c *collector.Collector, err error) {
	poll := func(ctx context.Context, c *collector.Collector, want conn.Want) (*conn.Snapshot, error) {
		s, err := c.Poll(ctx, want)
		if err != nil {
			return nil, err
		}
		return s, l.complete(len(s.Connections), nil)
	}
	var last *conn.Snapshot
	err = l.namespace.Do(func() (err error) {
		if c, err = collector.New(collector.Options{}); err != nil {
			return err
		}
		last, err = poll(ctx, c, conn.Want{AllOptions: true})
		return err
	})
	if err != nil {
		return warm, cold, c, err
	}
	refresh := l.inside(func(ctx context.Context) error {
		s, err := poll(ctx, c, conn.Want{})
		if err == nil {
			c.Recycle(last)
			last = s
		}
		return err
	})
	// Between two of its turns more time passes than between two looks of a
	// monitor: one that is not measured goes before, with what is due by then.
	warm = contestant{nameWarm, "Collector.Poll, a moment after another", func(ctx context.Context) (sample, error) {
		if s, err := refresh(ctx); err != nil {
			return s, err
		}
		return refresh(ctx)
	}}
	cold = contestant{nameCold, "collector.New and its first Poll, all options", l.inside(func(ctx context.Context) error {
		fresh, err := collector.New(collector.Options{})
		if err != nil {
			return err
		}
		_, err = poll(ctx, fresh, conn.Want{AllOptions: true})
		return errors.Join(err, fresh.Close())
	})}
	return warm, cold, c, nil
}

// inside makes a contestant of a function that runs in the namespace.
func (l *load) inside(f func(context.Context) error) func(context.Context) (sample, error) {
	return func(ctx context.Context) (s sample, err error) {
		runtime.GC() // what others have left is not its own
		err = l.namespace.Do(func() error {
			began := time.Now()
			err := f(ctx)
			s.wall = time.Since(began)
			return err
		})
		return s, err
	}
}

// complete refuses figures of a part.
func (l *load) complete(found int, err error) error {
	if err == nil && found != l.sockets() {
		return fmt.Errorf("%d sockets came, there are %d", found, l.sockets())
	}
	return err
}
