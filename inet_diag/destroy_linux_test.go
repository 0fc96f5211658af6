package inetdiag

import (
	"errors"
	"testing"
)

// Every socket of the scene is ended by its identity: another cookie hits
// nothing.
func TestDestroyEveryState(t *testing.T) {
	t.Parallel()
	n := newNamespace(t)
	newScene(t, n)
	c := n.dial(t)
	before := collect(t, c, nil)
	if len(before) < 10 {
		t.Fatalf("%d sockets to begin with, want those of the scene", len(before))
	}
	for cookie, s := range before {
		other := s.ID
		other.Cookie = cookie ^ 1<<50
		if err := c.Destroy(t.Context(), s.Family, other); !errors.Is(err, ErrNotFound) {
			t.Errorf("state %d with another cookie: %v, want ErrNotFound", s.State, err)
		}
	}
	if still := collect(t, c, nil); len(still) != len(before) {
		t.Fatalf("%d sockets left of %d although nothing was named rightly", len(still), len(before))
	}
	for _, s := range before {
		err := c.Destroy(t.Context(), s.Family, s.ID)
		if errors.Is(err, ErrNoDestroy) {
			t.Skip("needs CONFIG_INET_DIAG_DESTROY: ", err)
		}
		// The end of a listener or of one end of a pair takes others along.
		if err != nil && !errors.Is(err, ErrNotFound) {
			t.Errorf("state %d: %v", s.State, err)
		}
	}
	for _, s := range collect(t, c, nil) {
		if _, was := before[s.ID.Cookie]; was {
			t.Errorf("still there: %+v, state %d", s.ID, s.State)
		}
	}
}
