// Package socket tells what the kernel holds of a connection, so that a server that stops reads what has come and waits for nobody.
package socket
