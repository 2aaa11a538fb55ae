# semeval-humor without a GPU: all that locks/cpu.txt pins, vLLM for CPUs and SmolLM2 included.
#   docker build --file containers/cpu.Dockerfile --tag semeval-humor:cpu .
FROM python:3.11-slim-bookworm

# vLLM asks libnuma for the cores, and torch compiles with g++.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ libnuma1 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /build
COPY locks/cpu.txt locks/
# torch's build for CPUs is in PyTorch's own index.
RUN python -m pip install --no-cache-dir --no-deps \
    --extra-index-url https://download.pytorch.org/whl/cpu --requirement locks/cpu.txt
COPY pyproject.toml README.md LICENSE ./
COPY semeval_humor semeval_humor
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation .

# Open to whomever --user names; torch asks for a user's name, which such a one has not.
ENV HOME=/home/humor USER=humor
RUN useradd --uid 1000 --home-dir /home/humor humor \
    && install --directory --mode 1777 /home/humor /home/humor/.cache /work
USER 1000
WORKDIR /work
VOLUME /work
EXPOSE 8080
ENTRYPOINT ["semeval-humor"]
CMD ["--help"]
