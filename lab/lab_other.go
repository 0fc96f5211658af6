//go:build !linux

package lab

import "errors"

// Supported says why no lab can be built here: network namespaces are Linux's.
func Supported() error {
	return errors.New("the lab needs Linux: it is made of network namespaces")
}

// Main returns at once: there are no actors on this system.
func Main() {}
