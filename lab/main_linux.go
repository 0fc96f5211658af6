package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync"
)

// Main makes this process an actor if it was started as one, and then never
// returns. Programs and tests that use actors call it before anything else: in
// main, or in TestMain.
func Main() {
	name := os.Getenv(actorVariable)
	if name == "" {
		return
	}
	if err := act(name, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "lab: actor %q: %v\n", name, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// act does what the requests say until there are no more.
func act(name string, requests io.Reader, replies io.Writer) error {
	if err := os.WriteFile("/proc/self/comm", []byte(name), 0); err != nil {
		return fmt.Errorf("naming the process: %w", err)
	}
	var (
		mu      sync.Mutex
		encoder = json.NewEncoder(replies)
		decoder = json.NewDecoder(requests)
		role    = &performer{dialed: make(map[int]netip.AddrPort)}
	)
	if err := encoder.Encode(reply{}); err != nil {
		return err
	}
	for {
		var r request
		err := decoder.Decode(&r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading a request: %w", err)
		}
		go func() {
			answer, err := role.perform(r)
			answer.ID = r.ID
			if err != nil {
				answer.Error = fmt.Sprintf("%s: %v", r.Operation, err)
				errors.As(err, &answer.Errno)
			}
			mu.Lock()
			defer mu.Unlock()
			// The reader of this is gone only when requests end as well.
			_ = encoder.Encode(answer)
		}()
	}
}
