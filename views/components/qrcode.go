package components

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// QRCode draws an address as a picture of squares; dots beside each other are one line.
func QRCode(address string) (path string, size int) {
	code, err := qr.Encode(address, qr.M)
	if err != nil { // too long: the secret can be typed
		return "", 0
	}
	var b strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+4, y+4)
			}
		}
	}
	return b.String(), code.Size + 8
}
