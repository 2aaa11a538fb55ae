"""What a joke is paid for: a humour classifier, gates that it cannot be fooled through, proof."""
