"""What every figure is drawn with: style, lettering, panels, and lines of a forest."""
