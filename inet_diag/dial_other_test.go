//go:build !linux

package inetdiag

import (
	"errors"
	"strings"
	"testing"
)

func TestDialNeedsLinux(t *testing.T) {
	t.Parallel()
	_, err := Dial(nil)
	if !errors.Is(err, ErrUnsupported) || !strings.HasSuffix(err.Error(), "it needs Linux") {
		t.Errorf("error %v, want ErrUnsupported that says what it needs", err)
	}
}
