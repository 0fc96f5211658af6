//go:build !linux

package inetdiag

func (d dialer) subscribe() (feed, error) {
	_, err := d.dial()
	return nil, err
}
