# semeval-humor on NVIDIA GPUs: vLLM's image with CUDA 13.0 (driver 580 or newer), and the extras.
#   docker build --file containers/gpu.Dockerfile --tag semeval-humor:gpu .
FROM vllm/vllm-openai:v0.31.0@sha256:c1c9f6fd5c109ba7f0546a59f5b2f15fb87f64c77782e90a27b648b42a8e67c3

WORKDIR /build
COPY containers/gpu.txt containers/
COPY pyproject.toml README.md LICENSE ./
COPY semeval_humor semeval_humor
# The image's only Python is the system's; gpu.txt keeps its torch and vLLM as they are.
RUN PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install --no-cache-dir \
    --constraint containers/gpu.txt '.[train-gpu,arena,embed]'

# Open to whomever --user names; torch asks for a user's name, which such a one has not.
ENV HOME=/home/humor USER=humor
RUN useradd --non-unique --uid 1000 --home-dir /home/humor humor \
    && install --directory --mode 1777 /home/humor /home/humor/.cache /work
USER 1000
WORKDIR /work
VOLUME /work
EXPOSE 8000 8080
ENTRYPOINT ["semeval-humor"]
CMD ["--help"]
